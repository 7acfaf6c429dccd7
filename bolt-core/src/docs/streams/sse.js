// Reads an event stream (WHATWG HTML, section 9.2.6) and keeps the lines that each block came in.

// Of one line without an end: longer ones are cut, for they are not for people.
const LINE = 16_000_000;

export class Parser {
  // What has come of a line that has not ended, in pieces, and their length.
  #pieces = [];
  #length = 0;
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
    const lines = text.split(/\r\n|\r|\n/);
    const rest = lines.pop();
    for (const line of lines) {
      this.#keep(line);
      const whole = this.#pieces.join("");
      this.#pieces = [];
      this.#length = 0;
      this.#line(whole);
    }
    this.#keep(rest);
  }

  // The stream has ended. An event that has not is none; what else its last lines say was said.
  end() {
    const block = this.#block;
    if (block.data === null && block.lines.length > 0) this.#take(block);
  }

  #keep(piece) {
    const some = piece.slice(0, LINE - this.#length);
    this.#length += some.length;
    if (some !== "") this.#pieces.push(some);
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
    else if (name === "retry" && /^[0-9]+$/.test(value)) block.retry = Number(value);
    else if (name === "") block.comment = value;
  }
}

// One without `data` is no event: a comment that keeps the connection alive, an id, a time to come back.
function empty() {
  return { name: "", data: null, id: null, retry: null, comment: null, lines: [] };
}
