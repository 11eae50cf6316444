const BUCKET_MS = 1000;
/** A rate is the mean of so many seconds … */
const SPAN = 3;
/** … and the best of so many counts: a stall of seconds says nothing of what the server can do. */
const MEMORY = 15;

/**
 * How much work gets done in a second, as far as it was seen: what the server can do is at least that. The time without a
 * primary does not count. Pure: its clock is given.
 */
export class Throughput {
  /** Done in each second, the newest last. */
  readonly #buckets: number[] = [0];
  #bucketEndsMs: number | undefined;
  /** Best rates by how many seconds they are of: they change with a new second only, and are asked for with each request. */
  readonly #best = new Map<number, number>();

  /**
   * @param nowMs in which nothing stands still; see {@link skip}
   * @param pieces how much work it counts as
   */
  done(nowMs: number, pieces = 1): void {
    this.#advance(nowMs);
    this.#buckets[this.#buckets.length - 1] = (this.#buckets.at(-1) ?? 0) + pieces;
  }

  /** The time until `nowMs` does not count. */
  skip(nowMs: number): void {
    this.#bucketEndsMs = nowMs + BUCKET_MS;
  }

  /**
   * Best rate of late, per second; 0 when nothing was done yet.
   *
   * @param withinMs nothing earlier counts; at least one second does
   */
  best(nowMs: number, withinMs = MEMORY * BUCKET_MS): number {
    this.#advance(nowMs);
    const seconds = Math.max(1, Math.floor(withinMs / BUCKET_MS));
    const known = this.#best.get(seconds);
    if (known !== undefined) return known;
    const whole = this.#buckets.slice(0, -1).slice(-seconds);
    let best = 0;
    for (let end = 1; end <= whole.length; end += 1) {
      const span = whole.slice(Math.max(0, end - SPAN), end);
      best = Math.max(best, span.reduce((sum, count) => sum + count, 0) / span.length);
    }
    this.#best.set(seconds, best);
    return best;
  }

  /** What was done in the last whole second. */
  last(nowMs: number): number {
    this.#advance(nowMs);
    return this.#buckets.at(-2) ?? 0;
  }

  #advance(nowMs: number): void {
    this.#bucketEndsMs ??= nowMs + BUCKET_MS;
    while (nowMs >= this.#bucketEndsMs) {
      this.#best.clear();
      this.#buckets.push(0);
      if (this.#buckets.length > MEMORY + 1) this.#buckets.shift();
      this.#bucketEndsMs += BUCKET_MS;
      // After a long silence there is nothing to remember.
      if (nowMs - this.#bucketEndsMs > MEMORY * BUCKET_MS) {
        this.#buckets.splice(0, this.#buckets.length, 0);
        this.#bucketEndsMs = nowMs + BUCKET_MS;
      }
    }
  }
}
