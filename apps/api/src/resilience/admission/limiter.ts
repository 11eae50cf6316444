export interface Departure {
  /** How long the work was inside, in milliseconds. */
  tookMs: number;
  /** It was broken off for want of an answer. */
  isLate: boolean;
  /** Somebody waited, or all places were taken: the limit was felt. */
  wasFull: boolean;
}

/** Work that is inside for longer says that too much is; several times what a transaction takes on a machine at its limit. */
const PATIENCE_MS = 1000;
const CUT = 0.7;
/** So many that went in after a cut tell what it brought. */
const TRIAL = 5;
/** What the latest departure counts in the mean. */
const LATEST = 0.3;
/** So many places are worth having on any server: while one waits for the disk or a standby, another one computes. */
const FEW = 4;
/** Work that takes less is quick, whatever it took at best. */
const QUICK_MS = 50;
/** Work that takes so many times what it took at best has company enough: more at a time would wait, not get done sooner. */
const CROWDED = 4;
/** What it took at best is forgotten by so much in a second: servers and work change, but not within a backlog. */
const FORGET = 0.002;
/** A cut that brought less than this was for nothing: the time is the network's or the disk's, not made by our own crowd. */
const WORTH = 0.9;

/**
 * How many may be inside at a time: additive increase while the limit is felt and work is about as quick as when it had the
 * server for itself (as TCP Vegas does it), a cut when it becomes slow (AIMD). Each place more is a connection more, which costs
 * a server with a process for each as much as a dozen requests: that is why a place that brings nothing is not taken, and why
 * the start after each failover is slow, with a new primary that has no connections, no plans and nothing in memory. Pure: its
 * clock is given.
 */
export class Limiter {
  readonly #least: number;
  readonly #most: number;
  #limit: number;
  /** Below it the limit grows with each departure, above it once a round. */
  #threshold: number;
  #patienceMs = PATIENCE_MS;
  #meanMs = 0;
  #bestMs = Number.POSITIVE_INFINITY;
  #leftAtMs = Number.POSITIVE_INFINITY;
  #cutAtMs = Number.NEGATIVE_INFINITY;
  #trial: { limitBefore: number; meanBefore: number; left: number; sumMs: number } | undefined;

  /**
   * @param most places that there are
   * @param least what is let in however slow it is; also where a slow start begins
   */
  constructor(most: number, least = 2) {
    this.#most = most;
    this.#least = Math.min(least, most);
    this.#limit = this.#least;
    this.#threshold = most;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** There is a new primary. */
  restart(): void {
    this.#threshold = Math.max(FEW, this.#least);
    this.#limit = this.#least;
    this.#trial = undefined;
  }

  left({ tookMs, isLate, wasFull }: Departure, nowMs: number): void {
    this.#meanMs = this.#meanMs === 0 ? tookMs : this.#meanMs + (tookMs - this.#meanMs) * LATEST;
    this.#bestMs = Math.min(this.#bestMs * (1 + (FORGET * Math.max(0, nowMs - this.#leftAtMs)) / 1000), this.#meanMs);
    this.#leftAtMs = nowMs;
    this.#judgeCut(tookMs, nowMs);
    if (isLate || tookMs > this.#patienceMs) {
      this.#cut(tookMs, nowMs);
      return;
    }
    this.#patienceMs = Math.max(PATIENCE_MS, this.#patienceMs * 0.999);
    if (!wasFull || (this.#limit >= FEW && this.#isCrowded)) return;
    this.#limit = Math.min(this.#most, this.#limit + (this.#limit < this.#threshold ? 1 : 1 / this.#limit));
  }

  get #isCrowded(): boolean {
    return this.#meanMs > Math.max(QUICK_MS, CROWDED * this.#bestMs);
  }

  #cut(tookMs: number, nowMs: number): void {
    // What went in before the last cut knows nothing of it.
    if (nowMs - tookMs < this.#cutAtMs || this.#limit <= this.#least) return;
    this.#trial ??= { limitBefore: this.#limit, meanBefore: this.#meanMs, left: TRIAL, sumMs: 0 };
    this.#cutAtMs = nowMs;
    this.#limit = Math.max(this.#least, this.#limit * CUT);
    this.#threshold = this.#limit;
  }

  #judgeCut(tookMs: number, nowMs: number): void {
    const trial = this.#trial;
    if (!trial || nowMs - tookMs < this.#cutAtMs) return;
    trial.left -= 1;
    trial.sumMs += tookMs;
    if (trial.left > 0) return;
    this.#trial = undefined;
    const mean = trial.sumMs / TRIAL;
    if (mean < trial.meanBefore * WORTH) return;
    this.#patienceMs = Math.max(this.#patienceMs, 2 * mean);
    this.#limit = trial.limitBefore;
  }
}
