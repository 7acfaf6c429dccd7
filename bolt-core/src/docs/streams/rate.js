// How many there were in the last seconds.

const SPAN = 5000;

export class Rate {
  #begun = performance.now();
  #parts = [];

  add(count) {
    const now = performance.now();
    const last = this.#parts.at(-1);
    // A tenth of a second is one part, however much comes.
    if (last && now - last.at < 100) last.count += count;
    else this.#parts.push({ at: now, count });
  }

  // In a second, over the last five, or over all when there are less; but a second at the least.
  value() {
    const now = performance.now();
    this.#parts = this.#parts.filter((part) => part.at >= now - SPAN);
    const span = Math.min(SPAN, Math.max(1000, now - this.#begun));
    return this.#parts.reduce((sum, part) => sum + part.count, 0) / (span / 1000);
  }
}
