// npm's `eventsource`, as a page would use the browser's.
import { drive, installed } from "./drive.mjs";

const { EventSource } = installed("eventsource");

await drive(({ url }, show) => {
  const source = new EventSource(url);
  for (const name of ["message", "position", "gap", "end", "error"]) {
    source.addEventListener(name, (event) => {
      if (event.data !== undefined) {
        show("event", { name, id: event.lastEventId, data: event.data });
        return;
      }
      show("error", { text: event.message ?? "" });
      if (source.readyState === source.CLOSED) show("end");
    });
  }
  return () => source.close();
});
