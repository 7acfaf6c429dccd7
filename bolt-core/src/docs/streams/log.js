// The list of what has come, the newest first.

import { pretty } from "./json.js";

// Blocks and characters that are kept to be filtered, and rows that are shown of them: a fast stream must not fill
// the memory of a page that is left open.
const KEPT = 2000;
const KEPT_LENGTH = 4_000_000;
const SHOWN = 200;

export class Log {
  #list;
  #held;
  #kept = [];
  #length = 0;
  // Those of `#kept` that have no row yet.
  #fresh = 0;
  #timer = null;
  #paused = false;
  #filter = "";
  #raw = false;

  constructor(list, held) {
    this.#list = list;
    this.#held = held;
  }

  add(block) {
    this.#kept.push({ ...block, at: new Date() });
    this.#length += lengthOf(block);
    this.#fresh += 1;
    while (this.#kept.length > KEPT || (this.#length > KEPT_LENGTH && this.#kept.length > 1)) {
      this.#length -= lengthOf(this.#kept.shift());
    }
    // Rows are made ten times a second, however many events there are.
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#show();
    }, 100);
  }

  clear() {
    this.#kept = [];
    this.#length = 0;
    this.#again();
  }

  pause(paused) {
    this.#paused = paused;
    this.#show();
  }

  filter(text) {
    this.#filter = text.toLowerCase();
    this.#again();
  }

  view(raw) {
    this.#raw = raw;
    this.#again();
  }

  // What is shown is changed in a pause too: it stops what comes, not the person.
  #again() {
    const fresh = this.#paused ? Math.min(this.#fresh, this.#kept.length) : 0;
    const old = this.#kept.slice(0, this.#kept.length - fresh);
    this.#fresh = fresh;
    this.#list.replaceChildren(...this.#rows(old));
    this.#say();
  }

  #show() {
    if (!this.#paused) {
      const fresh = Math.min(this.#fresh, this.#kept.length);
      this.#fresh = 0;
      this.#list.prepend(...this.#rows(this.#kept.slice(this.#kept.length - fresh)));
      while (this.#list.children.length > SHOWN) this.#list.lastChild.remove();
    }
    this.#say();
  }

  #say() {
    this.#held.textContent = this.#paused ? `paused, ${this.#fresh} new` : "";
  }

  #rows(blocks) {
    return blocks.filter((block) => this.#matches(block)).slice(-SHOWN).reverse().map((block) => this.#row(block));
  }

  #matches({ data, lines }) {
    if (data === null && !this.#raw) return false;
    return lines.some((line) => line.toLowerCase().includes(this.#filter));
  }

  #row({ at, name, data, id, lines }) {
    const row = document.createElement("li");
    row.className = name === "error" ? "error" : "";
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = at.toTimeString().slice(0, 8) + "." + String(at.getMilliseconds()).padStart(3, "0");
    const what = document.createElement("div");
    const text = document.createElement("pre");
    if (this.#raw) {
      text.textContent = lines.join("\n");
    } else {
      const head = document.createElement("div");
      head.className = "head";
      head.textContent = [name || "message", id && `#${id}`].filter(Boolean).join(" ");
      what.append(head);
      text.textContent = pretty(data);
    }
    what.append(text);
    row.append(time, what);
    return row;
  }
}

function lengthOf({ lines }) {
  return lines.reduce((sum, line) => sum + line.length, 0);
}
