// Reads streams and plain answers in turn with Node's fetch and its http module: url of the server.
import assert from "node:assert";
import http from "node:http";

const base = process.argv[2];
const events = "data: 0\n\ndata: 1\n\ndata: 2\n\n";

for (let round = 0; round < 3; round++) {
  const response = await fetch(`${base}/three`);
  assert.equal(response.status, 200);
  assert((await response.text()).startsWith(events));
  assert.equal(await (await fetch(`${base}/three`, { method: "HEAD" })).text(), "");
  assert.equal(await (await fetch(`${base}/plain`)).text(), "plain");
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const get = (path) =>
  new Promise((resolve, reject) => {
    const request = http.get(`${base}${path}`, { agent }, (response) => {
      let body = "";
      response.on("data", (data) => (body += data));
      response.on("end", () => {
        assert(response.complete);
        resolve([body, request.reusedSocket]);
      });
    });
    request.on("error", reject);
  });
for (let round = 0; round < 4; round++) {
  const [body, reused] = await get(round % 2 ? "/plain" : "/three");
  assert(round % 2 ? body === "plain" : body.startsWith(events), body);
  assert.equal(reused, round > 0);
}
agent.destroy();
