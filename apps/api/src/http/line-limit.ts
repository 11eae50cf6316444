/**
 * Lets a few lines a second through and counts the rest: in a failover thousands of requests are slow at once, and one
 * line each would tell no more than the first ones.
 */
export class LineLimit {
  readonly #perSecond: number;
  #second = Number.NaN;
  #count = 0;
  #dropped = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @returns how many lines were left out since the last one, or undefined when this one is left out, too */
  admit(nowMs: number): number | undefined {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count > this.#perSecond) {
      this.#dropped += 1;
      return undefined;
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}
