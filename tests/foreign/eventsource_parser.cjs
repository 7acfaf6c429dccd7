// Parses each stream of a JSON array on standard input with npm's eventsource-parser.
const { createRequire } = require("node:module");
const { resolve } = require("node:path");
const packages = createRequire(resolve(process.env.TEST_PACKAGES, "npm", "x.js"));
const { createParser } = packages("eventsource-parser");

const streams = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const parsed = streams.map((stream) => {
  const events = [];
  let lastId = "";
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      // The package gives the id of the block; what a client has is the last one seen.
      if (id !== undefined) lastId = id;
      events.push([event || "message", data, lastId]);
    },
    onError: (error) => { throw error; },
  });
  for (let i = 0; i < stream.length; i += 7) parser.feed(stream.slice(i, i + 7));
  return events;
});
process.stdout.write(JSON.stringify(parsed));
