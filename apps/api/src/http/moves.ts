/** A load balancer that brought nothing for so long was not the one that clients came to, … */
const SILENT_MS = 5000;
/** … if the last request came over another one, so lately. */
const LATELY_MS = 60_000;
/** Clients that waited at the other one come in this time. */
const CROWD_MS = 10_000;
/** Load balancers are a few. */
const MOST = 16;

/**
 * Whether clients have just moved from one load balancer to another one. All who waited at the first come at once: that is the backlog
 * of an outage elsewhere, however many they are, and no flood. Pure: its clock is given.
 */
export class Moves {
  /** When each brought a request last. */
  readonly #lastMs = new Map<string, number>();
  #latest: string | undefined;
  #movedAtMs = Number.NEGATIVE_INFINITY;

  /** @param from whom a request came from */
  came(from: string, nowMs: number): void {
    const sinceMs = (each: string | undefined) => nowMs - (this.#lastMs.get(each ?? '') ?? Number.NEGATIVE_INFINITY);
    if (this.#latest !== from && sinceMs(from) > SILENT_MS && sinceMs(this.#latest) < LATELY_MS)
      this.#movedAtMs = nowMs;
    if (!this.#lastMs.has(from) && this.#lastMs.size >= MOST) return;
    this.#lastMs.set(from, nowMs);
    this.#latest = from;
  }

  isRecent(nowMs: number): boolean {
    return nowMs - this.#movedAtMs < CROWD_MS;
  }
}
