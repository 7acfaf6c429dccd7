// One stream that is open.

import { Parser } from "./sse.js";

export class Connection {
  #abort = new AbortController();

  // `sink` is told `opened(response)`, `bytes(count)` and `block(block)`, and at the end exactly one of `ended()`,
  // `stopped()`, `refused(response, text)` and `failed(error)`.
  constructor({ url, init }, sink) {
    this.#run(url, { ...init, signal: this.#abort.signal }, sink);
  }

  stop() {
    this.#abort.abort();
  }

  async #run(url, init, sink) {
    try {
      const response = await fetch(url, init);
      const type = response.headers.get("content-type") ?? "";
      if (!response.ok || !response.body || !type.toLowerCase().startsWith("text/event-stream")) {
        const text = await response.text();
        sink.refused(response, text);
        return;
      }
      sink.opened(response);
      const parser = new Parser((block) => sink.block(block));
      const decoder = new TextDecoder();
      for (const reader = response.body.getReader();;) {
        const { done, value } = await reader.read();
        if (done) break;
        sink.bytes(value.length);
        parser.feed(decoder.decode(value, { stream: true }));
      }
      parser.end();
      sink.ended();
    } catch (error) {
      if (this.#abort.signal.aborted) sink.stopped();
      else sink.failed(error);
    }
  }
}
