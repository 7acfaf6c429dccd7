// curl, whose output is what its user sees; npm's `eventsource-parser` makes events of it.
import { spawn } from "node:child_process";
import { drive, installed } from "./drive.mjs";

const { createParser } = installed("eventsource-parser");

await drive(({ url, last }, show) => {
  const told = ["--no-buffer", "--silent", "--show-error", "--fail", "--compressed"];
  if (last) told.push("--header", `last-event-id: ${last}`);
  const curl = spawn("curl", [...told, url], { stdio: ["ignore", "pipe", "pipe"] });
  const parser = createParser({
    onEvent: ({ event, id, data }) => show("event", { name: event ?? "message", id, data }),
  });
  curl.stdout.setEncoding("utf8").on("data", (text) => parser.feed(text));
  curl.stderr.setEncoding("utf8").on("data", (text) => show("error", { text: text.trim() }));
  curl.on("close", () => show("end"));
  return () => curl.kill();
});
