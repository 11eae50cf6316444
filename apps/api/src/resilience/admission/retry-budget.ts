/** Of all work so much may be done again because it was slow. */
const SHARE = 0.1;
/** So many at once, so that a rare stall of a quiet server costs nobody an answer. */
const RESERVE = 50;

/**
 * Bounds what is done again for lateness: on a server that is slow because too much is asked, doing it again makes it slower.
 * Work that waits for another primary is not counted. Pure.
 */
export class RetryBudget {
  #left = RESERVE;

  /** A piece of work came. */
  came(): void {
    this.#left = Math.min(RESERVE, this.#left + SHARE);
  }

  /** @returns whether work may run again */
  take(): boolean {
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
