// npm's `eventsource-client`. It has no word for errors: `onDisconnect` is all that its user hears of them.
import { drive, installed } from "./drive.mjs";

const { createEventSource } = installed("eventsource-client");

await drive(({ url }, show) => {
  const source = createEventSource({
    url,
    onMessage: ({ event, id, data }) => show("event", { name: event ?? "message", id, data }),
    onScheduleReconnect: ({ delay }) => show("error", { text: `again in ${delay} ms` }),
    onDisconnect: () => source.readyState === "closed" && show("end"),
  });
  return () => source.close();
});
