// What the drivers in JavaScript share. A driver is told on its input, one JSON object a line, to open a stream or to
// close it, and prints one line for each thing that the client shows its user:
//
//   {"key": …, "what": "event", "name": …, "id": …, "data": …}
//   {"key": …, "what": "error", "text": …}
//   {"key": …, "what": "end"}              it will not come back by itself
//
// Before that it prints `ready`.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const npm = resolve(process.env.TEST_PACKAGES, "npm");

/** A package that `.ci/run` has installed. */
export const installed = createRequire(resolve(npm, "x.js"));

/** `open` is given what to open and how to show things, and gives how to close it, or promises that. */
export async function drive(open) {
  const opening = new Map();
  const print = (key, shown) => process.stdout.write(JSON.stringify({ key, ...shown }) + "\n");
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const { open: key, close: closed, ...stream } = JSON.parse(line);
    if (key) {
      const show = (what, more) => print(key, { what, ...more });
      const opened = (async () => open(stream, show))();
      opening.set(key, opened.catch((error) => show("error", { text: String(error) })));
    } else {
      const opened = opening.get(closed);
      opening.delete(closed);
      Promise.resolve(opened).then((close) => close?.());
    }
  }
  // It ends with its input, so that nothing of it stays when the test is killed.
  process.exit(0);
}
