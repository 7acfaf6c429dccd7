// Node's own `fetch`, for what it says of itself.
import { drive } from "./drive.mjs";

await drive(async ({ url }, show) => {
  const response = await fetch(url, { headers: { accept: "text/event-stream" } });
  show(response.ok ? "event" : "error", { text: String(response.status) });
  await response.body.cancel();
  show("end");
});
