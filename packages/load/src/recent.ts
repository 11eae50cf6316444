import { percentile } from './figures.ts';

/** Answers of so many milliseconds count as recent. */
export const RECENT_MS = 5000;

/** Latencies of the last seconds, for who watches a load that runs. */
export class Recent {
  #answers: { atMs: number; latencyMs: number }[] = [];

  add(atMs: number, latencyMs: number): void {
    this.#answers.push({ atMs, latencyMs });
  }

  /** @returns the 99th percentile in milliseconds; null without answers */
  p99(nowMs: number): number | null {
    this.#answers = this.#answers.filter(({ atMs }) => atMs > nowMs - RECENT_MS);
    return percentile(
      this.#answers.map(({ latencyMs }) => latencyMs).sort((x, y) => x - y),
      0.99,
    );
  }
}
