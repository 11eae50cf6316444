const LOOK_MS = 1000;
/** So many seconds are looked at: fewer may be a burst. */
const SECONDS = 3;
/** Who was not looked at for longer had no time: what came meanwhile says nothing. */
const LATE_MS = 2500;
/** Work that goes on at this share of the best of late does not stand still. */
const AT_WORK = 0.7;

interface Look {
  inside: number;
  answered: number;
}

/**
 * Whether work goes on as fast as it ever did, and yet those who wait for it become more: then too much is asked, whatever began it. The
 * backlog of a stall becomes less, or waits for work to go on. In the first seconds of an outage reads go on and writes do not: where
 * the primary is silent, nothing of this is so. Pure: its clock is given.
 */
export class Growth {
  #looks: Look[] = [];
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #best = 0;

  /**
   * To be called often; looks once a second.
   *
   * @param isElsewhere this process has time, or waits for a primary that says nothing: who waits, waits for something else
   * @param inside requests that are not answered yet
   * @param answered in the last whole second
   * @param best how many were answered in a second, at best of late
   */
  look(nowMs: number, isElsewhere: boolean, inside: number, answered: number, best: number): void {
    if (isElsewhere) this.#looks = [];
    const sinceMs = nowMs - this.#lookedAtMs;
    if (sinceMs < LOOK_MS) return;
    if (sinceMs > LATE_MS) this.#looks = [];
    this.#lookedAtMs = nowMs;
    this.#best = best;
    this.#looks = [...this.#looks.slice(-SECONDS), { inside, answered }];
  }

  /** See {@link Growth}; as of the last look. */
  get isTooMuch(): boolean {
    const [first, ...rest] = this.#looks;
    if (!first || rest.length < SECONDS || this.#best <= 0) return false;
    const done = rest.reduce((sum, { answered }) => sum + answered, 0) / SECONDS;
    return done >= AT_WORK * this.#best && (rest.at(-1)?.inside ?? 0) > first.inside;
  }
}
