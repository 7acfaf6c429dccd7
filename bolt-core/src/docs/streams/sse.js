// Reads an event stream (WHATWG HTML, section 9.2.6) and keeps the lines that each block came in.

export class Parser {
  #rest = "";
  #afterReturn = false;
  #block = empty();
  #take;

  constructor(take) {
    this.#take = take;
  }

  // The text may be cut anywhere.
  feed(text) {
    if (text === "") return;
    // The second half of a line's end that was cut in two.
    if (this.#afterReturn && text.startsWith("\n")) text = text.slice(1);
    this.#afterReturn = text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop();
    lines.forEach((line) => this.#line(line));
  }

  #line(line) {
    const block = this.#block;
    if (line === "") {
      this.#block = empty();
      if (block.lines.length > 0) this.#take(block);
      return;
    }
    block.lines.push(line);
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") block.name = value;
    else if (name === "data") block.data = block.data === null ? value : `${block.data}\n${value}`;
    else if (name === "id" && !value.includes("\0")) block.id = value;
  }
}

// One without `data` is no event: a comment that keeps the connection alive, an id, a time to come back.
function empty() {
  return { name: "", data: null, id: null, lines: [] };
}
