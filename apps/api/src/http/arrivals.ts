const BUCKET_MS = 100;
/** A rate is that of so many buckets: a second. */
const SPAN = 10;

/**
 * How many requests come in a second, by when each came to its load balancer. After a stall many are read at once: that says nothing
 * of how many came. Pure: its clock is given.
 */
export class Arrivals {
  /** Counts by number of the bucket. */
  readonly #buckets = new Map<number, number>();
  #newest = Number.NEGATIVE_INFINITY;

  /** @param atMs when a request came to its load balancer */
  came(atMs: number): void {
    const bucket = Math.floor(atMs / BUCKET_MS);
    if (bucket < this.#newest - SPAN) return;
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    if (bucket <= this.#newest) return;
    this.#newest = bucket;
    for (const each of this.#buckets.keys()) if (each < bucket - SPAN) this.#buckets.delete(each);
  }

  /** In the second before the newest of them, or what there was of it. */
  perSecond(): number {
    let sum = 0;
    for (const [bucket, count] of this.#buckets) if (bucket < this.#newest) sum += count;
    return sum;
  }
}
