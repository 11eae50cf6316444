import type { Deadline } from '../deadline.ts';
import {
  canFinish,
  EARLY,
  EARLY_REFUSAL_MS,
  expectedWaitMs,
  isStalled,
  isWorthWaiting,
  type RoomState,
} from './admission.ts';
import { type Disturbance, Disturbed } from './disturbed.ts';
import { Limiter } from './limiter.ts';
import { HoldExpiredError, type Refusal } from './refusal.ts';
import { Throughput } from './throughput.ts';
import { type Waiter, WaitingLine } from './waiting-line.ts';

/** How work ended: `failed` says nothing about how fast the server is. */
export type Departure = 'done' | 'late' | 'failed';

export interface HoldOptions {
  /** How many may be inside at a time, at most. */
  places: number;
  /** How many are let in however slow it is, and at first; default 2. */
  least?: number | undefined;
  /** How many may wait. */
  queue: number;
  /** What a failover takes at worst, in milliseconds. */
  failoverMs: number;
  /** How long a request may wait, in milliseconds: whoever came in an outage has his turn within that time after it. */
  deadlineMs: number;
  /** Whether more comes than can be done: what stands still then does so for want of time. Default: never. */
  isFlooded?: (() => boolean) | undefined;
}

/** How many may wait for one record. */
const MOST_FOR_ONE = 100;
/** Weight of the latest piece of work in the usual time. */
const LATEST = 0.1;
/** With work inside, a server that does none of it for so long stands still; one that has too much to do goes on. */
const SILENT_MS = 500;
/** Where somebody waits after so large a share of the work, as much is asked as can be done. */
const FULL = 0.8;

/**
 * The waiting room before the primary: work goes in when there is a primary (`open`) and a place, the earliest deadline first.
 * That is first come, first served for requests, also for those that need a second turn (a login, a refusal to be stored):
 * behind all who came meanwhile they would not be answered in time.
 *
 * While there is none, work waits here without touching the network, so that thousands of waiting requests cost one
 * prober's connection attempts and not their own. What could not be served in time is refused as it comes (see admission.ts);
 * how many are inside is the limiter's matter.
 */
export class Hold {
  readonly #options: HoldOptions;
  readonly #limiter: Limiter;
  readonly #throughput = new Throughput();
  readonly #line = new WaitingLine();
  #inside = 0;
  /** When work was done last, or began after there was none. */
  #doneAtMs = 0;
  #tookMs = 0;
  /** The same before the last outage. */
  #tookBeforeMs = 0;
  /** How many were let in at a time before it. */
  #limitBefore: number;
  #open = false;
  #closedAtMs: number | undefined;
  #openedAtMs = Number.NEGATIVE_INFINITY;
  /** Share of the work after which somebody waited, of late; and the same before the last outage. */
  #full = 0;
  #fullBefore = 0;
  readonly #disturbed: Disturbed;
  #ended = false;

  constructor(options: HoldOptions) {
    this.#options = options;
    this.#limitBefore = options.places;
    this.#disturbed = new Disturbed(options.deadlineMs);
    this.#limiter = new Limiter(options.places, options.least);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get waiting(): number {
    return this.#line.length;
  }

  /** How many wait behind others for the same record: they take nobody's time. */
  get piled(): number {
    return this.#line.piled;
  }

  /** Why so many wait, if it is not that too much is asked: who waits is what came in the meantime. */
  get disturbance(): Disturbance | undefined {
    if (!this.#open) return 'outage';
    if (this.#line.length === 0) return undefined;
    return this.#disturbed.by(performance.now());
  }

  /** Work is inside, and none was done for half a second. */
  get isSilent(): boolean {
    return this.#inside > 0 && performance.now() - this.#doneAtMs >= SILENT_MS;
  }

  /** How many are let in at a time now. */
  get limit(): number {
    return this.#limiter.limit;
  }

  /**
   * Waits for a place; the caller gives it back with {@link release}.
   *
   * A request that was let in before (it comes for a second turn) is promised one: only its deadline counts.
   *
   * @param keys records that the work changes: one piece of work at a time for each
   * @returns when it went in, in `performance.now()` time
   * @throws {HoldExpiredError}
   */
  async acquire(deadline: Deadline, keys: readonly string[] = []): Promise<number> {
    if (this.#ended) throw new HoldExpiredError('closed');
    if (deadline.isAbandoned) throw new HoldExpiredError('abandoned');
    const { leftMs } = deadline;
    if (leftMs <= 0) throw new HoldExpiredError('deadline', this.#open);
    this.#noteQuiet(performance.now());
    if (this.#hasPlace && this.#line.length === 0 && this.#line.areFree(keys)) {
      this.#enter({ deadline, keys });
      return performance.now();
    }
    if (!deadline.wasAdmitted) this.#refuseEarly(deadline, keys);
    await new Promise<void>((resolve, reject) => {
      const isBehind = !this.#line.areFree(keys);
      const waiter: Waiter = { deadline, keys, isBehind, admit: resolve, refuse: reject, timer: undefined };
      const leave = (reason: Refusal) => () => {
        this.#line.leave(waiter);
        const isRecords = reason === 'deadline' && this.#open && isBehind;
        reject(new HoldExpiredError(isRecords ? 'record' : reason, this.#open));
      };
      waiter.timer = setTimeout(leave('deadline'), leftMs);
      deadline.whenAbandoned(leave('abandoned'));
      this.#line.join(waiter);
      this.#admit();
    });
    return performance.now();
  }

  /**
   * @param enteredAtMs what {@link acquire} returned
   * @param keys what it was given
   */
  release(enteredAtMs: number, departure: Departure, keys: readonly string[] = []): void {
    const now = performance.now();
    const tookMs = now - enteredAtMs;
    const wasFull = this.#line.length > this.#line.piled || this.#inside >= this.#limiter.limit;
    this.#inside -= 1;
    this.#line.giveBack(keys);
    if (departure !== 'failed') this.#limiter.left({ tookMs, isLate: departure === 'late', wasFull }, now);
    if (departure === 'done') {
      this.#doneAtMs = now;
      this.#throughput.done(now);
      this.#full += ((wasFull ? 1 : 0) - this.#full) * LATEST;
      this.#tookMs += (tookMs - this.#tookMs) * LATEST;
    }
    this.#admit();
  }

  /** There is a primary. */
  open(): void {
    if (!this.#open) {
      this.#openedAtMs = performance.now();
      // At the very first nobody has waited.
      if (this.#closedAtMs !== undefined) this.#disturbed.outageEnded(this.#openedAtMs);
      // Often a new one: it has no connections of ours, and those who waited must not all make theirs at once.
      this.#limiter.restart();
      this.#throughput.skip(performance.now());
    }
    this.#open = true;
    this.#admit();
  }

  /** There is no primary: who is inside finds out alone, who comes waits. */
  close(): void {
    if (this.#open) {
      this.#closedAtMs = performance.now();
      // What is counted from here on is the outage.
      this.#throughput.best(this.#closedAtMs);
      this.#tookBeforeMs = this.#tookMs;
      this.#limitBefore = this.#limiter.limit;
      this.#fullBefore = this.#full;
    }
    this.#open = false;
  }

  /** Refuses all who wait and all who come. */
  end(): void {
    this.#ended = true;
    this.#open = false;
    for (const waiter of this.#line.empty()) waiter.refuse(new HoldExpiredError('closed'));
  }

  /** What work takes inside; in the first seconds after an outage, and during it, what it took before. */
  #usualMs(nowMs: number): number {
    return this.#isEarly(nowMs) ? this.#tookBeforeMs : this.#tookMs;
  }

  /** There is an outage, or there was one just now. */
  #isEarly(nowMs: number): boolean {
    return nowMs - this.#openedAtMs < EARLY.ms || !this.#open;
  }

  get #hasPlace(): boolean {
    return this.#open && this.#inside < this.#limiter.limit;
  }

  /** Just after an outage its backlog may still wait elsewhere, behind its sessions, and come here all at once. */
  #noteQuiet(nowMs: number): void {
    if (this.#line.length === 0 && nowMs - this.#openedAtMs >= EARLY.ms) this.#disturbed.isOver();
  }

  #refuseEarly(deadline: Deadline, keys: readonly string[]): void {
    if (keys.some((key) => this.#line.wanting(key) >= MOST_FOR_ONE)) {
      throw new HoldExpiredError('record', this.#open);
    }
    const now = performance.now();
    const sinceOpenedMs = now - this.#openedAtMs;
    // A server that has just taken over may be slower than the one before: once its own rate is known, that one counts.
    const perSecond = this.#open
      ? this.#throughput.best(now, sinceOpenedMs < EARLY.ms ? undefined : sinceOpenedMs)
      : this.#throughput.best(this.#closedAtMs ?? now);
    if (this.#options.isFlooded?.()) this.#disturbed.isFlood();
    else if (this.#open && isStalled(this.#throughput.last(now), perSecond)) this.#disturbed.stalled(now);
    const isDisturbed = this.#disturbed.by(now) !== undefined;
    // Who came early and waited elsewhere, for his session, does not wait behind those who came meanwhile.
    const ahead = this.#line.placeOf(deadline);
    const isLate = deadline.ageMs > EARLY_REFUSAL_MS;
    const room: RoomState = {
      isOpen: this.#open,
      closedAtMs: this.#closedAtMs,
      openedAtMs: this.#openedAtMs,
      // Who waited elsewhere would hear a refusal too late: only his deadline counts.
      mostWaitMs: isLate ? Number.POSITIVE_INFINITY : this.#disturbed.mostWaitMs(now),
      // A backlog has to be done whoever wants what; in calm times a crowd at one record is no reason to refuse others.
      waiting: this.#open && !isDisturbed ? Math.max(0, ahead - this.#line.piled) : ahead,
      places: this.#isEarly(now) ? this.#limitBefore : this.#options.places,
      perSecond,
      wasFull: this.#fullBefore > FULL,
      tookMs: this.#usualMs(now),
    };
    const isFull = this.#line.length >= this.#options.queue;
    // It met the outage on its way, and for an early refusal it is too late: perhaps the failover is faster than at worst, and what
    // the backlog takes is not known yet. Who waits in vain takes nobody's time.
    if (!isFull && isLate && (!this.#open || this.#disturbed.by(now) === 'outage')) return;
    if (!isFull && isWorthWaiting(room, this.#options.failoverMs, deadline.leftMs, now)) return;
    const waitMs = expectedWaitMs(room, this.#options.failoverMs, now);
    throw new HoldExpiredError(isFull ? 'queue' : 'hopeless', this.#open, waitMs, room);
  }

  #admit(): void {
    while (this.#hasPlace) {
      const next = this.#line.next();
      if (!next) return;
      // It would be inside when its time ends, and so would those behind it.
      if (!canFinish(next.deadline.leftMs, this.#usualMs(performance.now()))) {
        next.refuse(new HoldExpiredError(next.isBehind ? 'record' : 'deadline', true));
        continue;
      }
      this.#enter(next);
      next.admit();
    }
  }

  #enter({ deadline, keys }: Pick<Waiter, 'deadline' | 'keys'>): void {
    deadline.wasAdmitted = true;
    this.#line.take(keys);
    if (this.#inside === 0) this.#doneAtMs = performance.now();
    this.#inside += 1;
  }
}
