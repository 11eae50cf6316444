import { EARLY } from './admission.ts';

/**
 * - `outage`: there is no primary, or there was none
 * - `stall`: hardly any work was done for a while; also where this process itself had no time
 */
export type Disturbance = 'outage' | 'stall';

/**
 * A backlog that is still there after so many times the time that a request may wait does not shrink: too much is asked. At 60 %
 * of the capacity that of a gap as long as a request may wait is gone after one and a half times the gap.
 */
const MOST_DEADLINES = 1.5;
/** In calm times a queue is of those who are too many: it would not end, so nobody waits in it for longer. */
const MOST_CALM_WAIT_MS = 1000;

/**
 * Whether a queue is the backlog of something that is over, and so ends by itself, or of those who are too many. A stall in a
 * backlog makes it longer, but on a busy machine there is always another one: when it does not end in time, those who come are
 * refused until it does.
 *
 * Nor do they come in on the old terms until then. A backlog that ends by itself becomes shorter with each second, and so does the
 * wait that is let in: one that does not shrink is of too many, and the servers are slower than thought. Whoever is let in then
 * has time to spare, which he needs should they become slower still. Pure: its clock is given, in milliseconds.
 */
export class Disturbed {
  readonly #mostMs: number;
  /** When what is going on began; undefined: nothing is. */
  #sinceMs: number | undefined;
  #cause: Disturbance = 'stall';

  /** @param deadlineMs how long a request may wait */
  constructor(deadlineMs: number) {
    this.#mostMs = MOST_DEADLINES * deadlineMs;
  }

  /** There is a primary again: who waits is its backlog. */
  outageEnded(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#cause = 'outage';
  }

  /** Hardly anything is done. In the backlog of something else that changes nothing. */
  stalled(nowMs: number): void {
    if (this.#sinceMs !== undefined) return;
    this.#sinceMs = nowMs;
    this.#cause = 'stall';
  }

  /** More comes than can be done: what was taken for a stall is that, and its queue would not end. */
  isFlood(): void {
    if (this.#cause === 'stall') this.#sinceMs = undefined;
  }

  /** Nobody waits any more. */
  isOver(): void {
    this.#sinceMs = undefined;
  }

  /** The longest wait for a turn with which somebody is let in, in milliseconds: first only his deadline counts, then it shrinks. */
  mostWaitMs(nowMs: number): number {
    if (this.by(nowMs) === undefined) return MOST_CALM_WAIT_MS;
    const forMs = nowMs - (this.#sinceMs ?? nowMs) - EARLY.ms;
    if (forMs < 0) return Number.POSITIVE_INFINITY;
    const leftShare = 1 - forMs / (this.#mostMs - EARLY.ms);
    const deadlineMs = this.#mostMs / MOST_DEADLINES;
    return Math.max(MOST_CALM_WAIT_MS, (leftShare * deadlineMs) / EARLY.doubt);
  }

  /** What the queue comes from; undefined: from too much work. */
  by(nowMs: number): Disturbance | undefined {
    return this.#sinceMs !== undefined && nowMs < this.#sinceMs + this.#mostMs ? this.#cause : undefined;
  }
}
