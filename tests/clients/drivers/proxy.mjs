// A proxy that compresses what may be compressed, with npm's `compression`: the port to forward to. It prints its own.
import http from "node:http";
import { installed } from "./drive.mjs";

const compress = installed("compression")();
const port = process.argv[2];

const server = http.createServer((request, response) => {
  const { method, url: path, headers } = request;
  compress(request, response, () => {
    const forwarded = http.request({ port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on("error", () => response.destroy()).pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    response.on("close", () => forwarded.destroy());
    request.pipe(forwarded);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
