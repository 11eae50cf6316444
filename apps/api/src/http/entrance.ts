import { performance } from 'node:perf_hooks';
import { DOUBT, EARLY_REFUSAL_MS, isStalled } from '../resilience/admission/admission.ts';
import type { Disturbance } from '../resilience/admission/disturbed.ts';
import type { Hold } from '../resilience/admission/hold.ts';
import { Throughput } from '../resilience/admission/throughput.ts';
import { Arrivals } from './arrivals.ts';
import { Growth } from './growth.ts';
import { Moves } from './moves.ts';
import { Processor } from './processor.ts';

/** What is known when a request comes. */
export interface EntranceState {
  /** Requests that were let in and are not answered yet, without those that wait for a record that others hold. */
  inside: number;
  /** Those that wait for the primary, a record or a replica: they take none of this process's time, but their load balancer's places. */
  waiting: number;
  /** Requests that could be answered in a second, as far as was seen of late; 0 when unknown. */
  perSecond: number;
  /** Requests that were answered in one, at best of late; 0 when unknown. */
  answered: number;
  /** How long requests waited of late before this process so much as read them: the least of them, in milliseconds. */
  waitMs: number;
  /** Requests that came in a second, by when they came to their load balancers. */
  arriving: number;
  /** Those inside become more, though work goes on as fast as it ever did. */
  isGrowing: boolean;
  /** Share of the time that the event loop had something to do, 0 to 1. */
  busy: number;
  /** Who is inside is the backlog of an outage or a stall, or there is an outage now. */
  isDisturbed: boolean;
  /** Requests were refused just now. */
  isRefusing: boolean;
  /** They were, or the load balancers were asked to send fewer: there was too much just now. */
  isShort: boolean;
}

/** Where those inside wait: see {@link Hold}. */
export type Rooms = Pick<Hold, 'disturbance' | 'isSilent' | 'piled' | 'waiting'>;

/** So many are served whatever they take. */
const FEW = 32;
/** Below it this process is not what is short: whoever waits, waits for something else. */
const BUSY = 0.5;
/** Above it what stands still may do so for want of this process's time; below, also on a machine that others are at, it waits for something else. */
const BUSY_ALL_THE_TIME = 0.9;
/** In calm times nobody is let in who would be here for longer. */
const MOST_CALM_MS = 1500;

/**
 * When so many times more comes than was ever answered of late, what stands still does so for want of time. Not less, as long as what
 * was answered is only what was asked: where one of two servers is lost, the other gets twice as much, often in the second in which the
 * primary goes, too.
 */
const FLOOD = 2.5;
/**
 * Where fewer were answered, that was all that came, on any machine: of a few users with sessions nearly all may have been a lost
 * neighbour's.
 */
const FEW_ANSWERED = 25;
/** Where requests were refused just now, what was answered is what can be. */
const FLOOD_GOES_ON = 1.2;

/**
 * Whether more comes than can be done, however late it is read, as far as was seen. Where it can be done, few are inside, or they become
 * fewer. Pure.
 */
export function isFlood({
  arriving,
  answered,
  isGrowing,
  isShort,
}: Pick<EntranceState, 'arriving' | 'answered' | 'isGrowing' | 'isShort'>): boolean {
  if (answered <= 0) return false;
  return isGrowing || arriving > (isShort ? FLOOD_GOES_ON * answered : FLOOD * Math.max(answered, FEW_ANSWERED));
}

/**
 * How long a request that comes now would be here, in milliseconds: who is inside shares the time that there is (Little's law). In a
 * flood what a loop with time to spare could do is no measure: it may wait for what has none. Pure.
 */
export function expectedStayMs(state: EntranceState): number {
  const perSecond = isFlood(state) ? state.answered : state.perSecond;
  return perSecond > 0 ? (state.inside * 1000) / perSecond : 0;
}

/**
 * Whether to let a request in: work that nobody has time for is refused before it costs any, so that what was let in is answered.
 * Pure.
 *
 * @param ageMs since the request came to the load balancer
 * @param leftMs until it must be answered
 */
export function mayEnter(state: EntranceState, ageMs: number, leftMs: number): boolean {
  const isOverrun = isFlood(state) && !state.isDisturbed;
  if (state.inside < FEW || (state.busy < BUSY && !isOverrun)) return true;
  const stay = expectedStayMs(state);
  // The backlog of an outage takes long and is not refused.
  if (state.isDisturbed) return stay * DOUBT < leftMs;
  // Where too much is asked, who waited to be read at all has waited already.
  if (isOverrun) return ageMs + stay <= MOST_CALM_MS;
  // Who waited long for a process that stood still would hear it too late.
  return ageMs > EARLY_REFUSAL_MS ? stay * DOUBT < leftMs : stay <= MOST_CALM_MS;
}

/** What a load balancer may send at a time while there is no need for a limit: as many connections as it has itself. */
export const NO_LIMIT = 5000;
/** From this time on, waiting included, a busy process asks its load balancers to queue and to refuse in its place … */
const LIMIT_FROM_MS = 1000;
/** … sooner where it is plain that too much comes … */
const LIMIT_FLOOD_FROM_MS = 300;
/** … until the stay was below this … */
const LIMIT_TO_MS = 100;
/** … for so long: a limit that comes and goes lets in a crowd each time. */
const LIMIT_FOR_MS = 2000;
/** As many as are answered in this time are work enough, and few enough to be answered soon. */
const WORK_MS = 300;
/** The same beside a backlog. More, because many of those that come join it before the load balancer asks again. */
const BACKLOG_WORK_MS = 1000;
const LEAST_LIMIT = 8;
/** When it goes, it doubles in so much time, … */
const DOUBLES_MS = 1000;
/** … and is gone when it is so large. */
const LARGE_LIMIT = 1000;

/**
 * How many requests each load balancer may send at a time. A refusal costs this process a good part of what an answer costs it, and a
 * load balancer next to nothing: so a process that is short of time lets its load balancers refuse. Pure.
 *
 * The backlog of an outage needs no limit while all of it is let in. Once some are refused, more is asked than can be done, and those
 * that come must not take the time of those that wait. The limit is then as many as wait, and a few more.
 *
 * @param wasLimited what it said last
 */
export function requestsAtATime(state: EntranceState, wasLimited: boolean): number {
  if (state.isDisturbed && !state.isRefusing) return NO_LIMIT;
  // Also when it seems to have time: a process that has none learns it too late.
  if (state.isDisturbed) return limitOf(state);
  const stay = expectedStayMs(state);
  const fromMs = isFlood(state) ? LIMIT_FLOOD_FROM_MS : state.busy >= BUSY ? LIMIT_FROM_MS : Number.POSITIVE_INFINITY;
  const isLimited = wasLimited ? stay > LIMIT_TO_MS : state.inside >= LEAST_LIMIT && state.waitMs + stay > fromMs;
  return isLimited ? limitOf(state) : NO_LIMIT;
}

function limitOf({ isDisturbed, waiting, perSecond }: EntranceState): number {
  const [beside, workMs] = isDisturbed ? [waiting, BACKLOG_WORK_MS] : [0, WORK_MS];
  return beside + Math.max(LEAST_LIMIT, Math.round((perSecond * workMs) / 1000));
}

/** A limit that is not needed any more. Pure. @param sinceMs for so long; negative: it still may be */
function loosened(limit: number, sinceMs: number): number {
  const larger = limit * 2 ** Math.max(0, sinceMs / DOUBLES_MS);
  return larger < LARGE_LIMIT ? Math.round(larger) : NO_LIMIT;
}

/** Who was refused less than this ago, as long as a backlog may take, tells that others will be. */
const REFUSING_MS = 30_000;

/** A loop that is idle for most of the time is trusted to do so many times more. */
const LEAST_BUSY = 1 / 3;
/** The same of a process that uses little of a processor, for what comes after an outage … */
const LEAST_USED = 0.1;
/** … and, up to so many requests a second, in calm times: where few come, what was done says little of what can be. */
const FEW_POSSIBLE = 100;

/** The backlog of an outage or a stall is gone by then, or it is none. */
const BACKLOG_MS = 30_000;

/** Counts who is inside, and knows how busy this process is. */
export class Entrance {
  readonly #arrivals = new Arrivals();
  readonly #growth = new Growth();
  readonly #moves = new Moves();
  readonly #answered = new Throughput();
  /** What would have been answered by a loop without an idle moment. */
  readonly #possible = new Throughput();
  #inside = 0;
  /** What would have been by one that had a processor for itself. */
  readonly #hoped = new Throughput();
  /**
   * What could be answered in a second before an outage or a stall: in it nothing is, which says nothing of the time after it. Where
   * nobody was refused, a loop that had to wait for a processor was not the one that had too much to do: whoever took its time may be
   * what is lost, and a neighbour's part comes on top of its own.
   */
  #calmPerSecond = 0;
  /** What was. */
  #calmAnswered = 0;
  readonly #processor = new Processor();
  #waitMs = 0;
  /** Of those that came since the last look. */
  #leastAgeMs = Number.POSITIVE_INFINITY;
  #limitedUntilMs = Number.NEGATIVE_INFINITY;
  #backlogUntilMs = Number.NEGATIVE_INFINITY;
  #backlogOf: Disturbance = 'stall';
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  /** See {@link isFlood}. */
  get isFlooded(): boolean {
    if (this.#moves.isRecent(performance.now())) return false;
    const answered = Math.max(this.#answered.best(performance.now()), this.#calmAnswered);
    const isGrowing = this.#growth.isTooMuch;
    const isShort = this.#isShort(performance.now());
    return isFlood({ arriving: this.#arrivals.perSecond(), answered, isGrowing, isShort });
  }

  /** Who waits for a record that others hold is not counted: he takes nobody's time. */
  state({ disturbance, isSilent, piled, waiting }: Rooms): EntranceState {
    const inside = this.#inside - piled;
    const now = performance.now();
    if (this.#processor.look(now)) {
      this.#waitMs = Number.isFinite(this.#leastAgeMs) ? this.#leastAgeMs : 0;
      this.#leastAgeMs = Number.POSITIVE_INFINITY;
    }
    const { busy } = this.#processor;
    this.#growth.look(now, isSilent || busy < BUSY, inside, this.#answered.last(now), this.#answered.best(now));
    const possible = this.#possible.best(now);
    const isOutage = disturbance === 'outage' || this.#moves.isRecent(now);
    // What comes in a flood stands still for want of time, and would not be gone when that is over.
    const isStall = busy < BUSY_ALL_THE_TIME && (disturbance === 'stall' || this.#standsStill(now)) && !this.isFlooded;
    this.#noteBacklog(inside, isOutage ? 'outage' : isStall ? 'stall' : undefined, now);
    const isDisturbed = isOutage || now < this.#backlogUntilMs;
    const answered = this.#answered.best(now);
    const isShort = this.#isShort(now);
    const hoped = isShort ? possible : Math.max(possible, this.#hoped.best(now));
    if (!isDisturbed) [this.#calmPerSecond, this.#calmAnswered] = [hoped, answered];
    return {
      inside,
      waiting,
      perSecond: isDisturbed
        ? Math.max(possible, this.#calmPerSecond)
        : Math.max(possible, Math.min(hoped, FEW_POSSIBLE)),
      waitMs: this.#waitMs,
      answered: isDisturbed ? Math.max(answered, this.#calmAnswered) : answered,
      arriving: this.#arrivals.perSecond(),
      // The backlog of an outage becomes more until it is over.
      isGrowing: this.#growth.isTooMuch && !isDisturbed,
      busy,
      isDisturbed,
      isRefusing: now - this.#refusedAtMs < REFUSING_MS,
      isShort,
    };
  }

  /** @param cause of what goes on now */
  #noteBacklog(inside: number, cause: Disturbance | undefined, nowMs: number): void {
    // A flood is seen a second after it begins. What was taken for a stall until then was its beginning.
    const wasNoStall = this.#backlogOf === 'stall' && this.isFlooded;
    if (inside < FEW || wasNoStall) this.#backlogUntilMs = nowMs;
    // Those of an outage may wait elsewhere when it ends: behind their session, and in no line yet.
    if (inside < FEW || cause === undefined) return;
    // A stall in the backlog of an outage makes that longer.
    if (nowMs >= this.#backlogUntilMs || cause === 'outage') this.#backlogOf = cause;
    this.#backlogUntilMs = nowMs + BACKLOG_MS;
  }

  #isShort(nowMs: number): boolean {
    return nowMs - Math.max(this.#refusedAtMs, this.#limitedUntilMs) < REFUSING_MS;
  }

  /** What a loop that is not busy waits for. */
  #standsStill(nowMs: number): boolean {
    return isStalled(this.#answered.last(nowMs), this.#answered.best(nowMs));
  }

  /** See {@link requestsAtATime}. A limit that was needed goes step by step: who waits outside must not come in all at once. */
  limit(rooms: Rooms): number {
    const now = performance.now();
    const state = this.state(rooms);
    const limit = requestsAtATime(state, now < this.#limitedUntilMs);
    if (limit < NO_LIMIT) this.#limitedUntilMs = now + LIMIT_FOR_MS;
    else if (!state.isDisturbed) return loosened(limitOf(state), now - this.#limitedUntilMs);
    return limit;
  }

  /** @param ageMs how long a request that was just read is on its way. @param from the load balancer's address */
  came(ageMs: number, from: string): void {
    this.#moves.came(from, performance.now());
    this.#leastAgeMs = Math.min(this.#leastAgeMs, ageMs);
    this.#arrivals.came(performance.now() - ageMs);
  }

  /** A request was told that too much is asked, or that it would wait for too long. */
  refused(): void {
    this.#refusedAtMs = performance.now();
  }

  enter(): void {
    this.#inside += 1;
  }

  /** @param isDone it was answered, and not refused further on */
  leave(isDone: boolean): void {
    this.#inside -= 1;
    if (!isDone) return;
    const now = performance.now();
    this.#answered.done(now);
    const { busy, used } = this.#processor;
    this.#possible.done(now, 1 / Math.max(busy, LEAST_BUSY));
    this.#hoped.done(now, 1 / Math.max(used, LEAST_USED));
  }
}
