/** How many requests are under way; who waits for the last of them is told once, whatever their number. */
export class UnderWay {
  #count = 0;
  #most = 0;
  #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** The largest number at once so far. */
  get most(): number {
    return this.#most;
  }

  add(work: Promise<unknown>): void {
    this.#count++;
    this.#most = Math.max(this.#most, this.#count);
    const end = () => {
      this.#count--;
      if (this.#count > 0) return;
      for (const tell of this.#waiting.splice(0)) tell();
    };
    work.then(end, end);
  }

  /** Resolves when none is under way. */
  async drained(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
