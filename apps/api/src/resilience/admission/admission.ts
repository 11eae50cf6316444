/** What the waiting room knows when somebody comes. Times are `performance.now()`'s. */
export interface RoomState {
  isOpen: boolean;
  /** Since when there is no primary; undefined before the first one. */
  closedAtMs: number | undefined;
  /** Since when there is one. */
  openedAtMs: number;
  /** While there is a primary, nobody is let in with a longer wait before him, in milliseconds; see {@link Disturbed}. */
  mostWaitMs: number;
  /** How many have their turn before it. */
  waiting: number;
  /** Places inside; before {@link EARLY} is over, as many as were taken at a time before the outage. */
  places: number;
  /** Work done in a second, at best of late; 0 when unknown. */
  perSecond: number;
  /** Before the outage somebody waited for a place most of the time. */
  wasFull: boolean;
  /** What work takes inside; before {@link EARLY} is over, what it took before the outage. */
  tookMs: number;
}

/** Until then a refusal is early, and helps its client. */
export const EARLY_REFUSAL_MS = 1000;
/** Whoever is let in has this many times the usual time. */
const ROOM_TO_FINISH = 2;
/** An estimate of the usual time above this is a stall, not usual. */
const MOST_USUAL_MS = 5000;
/** The rate of late is a guess at the rate to come: other servers get their part, too. */
export const DOUBT = 1.25;
/**
 * Until it was seen what the backlog of an outage brings, the rate is a guess from before it (see {@link rateToCome}), which leaves
 * time for new connections, and for what comes after a failover: an old primary that is brought up to date takes its part. They are
 * what the first seconds go into: what work takes and how much is done in them says little of the seconds after. (Estimated after
 * 5 s, a server was taken for one of 40 a second and refused; soon after it did 300.)
 */
export const EARLY = { ms: 10_000, doubt: 1.5, connectMs: 2000 };
/** So much less than usual done in a second is a stall. */
const STALLED = 0.3;

/** A server may do so many times more than was asked of it. */
const MOST_HOPE = 3;
/** Less than so many pieces of work in a second is no server's most: it was all that was asked. */
const LITTLE = 50;

/**
 * How much gets done in a second after an outage. Under a light load the rate of late is what was asked, and not what can be done;
 * then as many as there are places would be done in the time that one takes, as long as that is no dream: where little was asked, and
 * a neighbour is lost with most of the sessions, what comes is many times that. Where somebody waited all
 * the time, it is what can be done, and at best. Once a backlog was worked on, its rate is known. Pure.
 */
export function rateToCome(room: RoomState, nowMs: number): number {
  const { perSecond, places, wasFull, tookMs } = room;
  if (!isEarly(room, nowMs) || wasFull || tookMs <= 0) return perSecond;
  return Math.max(perSecond, Math.min(Math.max(MOST_HOPE * perSecond, LITTLE), (places * 1000) / tookMs));
}

/**
 * How long what comes now waits for its turn, as far as one can tell: until the failover is through at worst, then until what
 * came before is served at the rate of late. Pure.
 *
 * @param failoverMs what a failover takes at worst
 */
export function expectedWaitMs(room: RoomState, failoverMs: number, nowMs: number): number {
  return outageMs(room, failoverMs, nowMs) + queueMs(room, nowMs);
}

function outageMs({ isOpen, closedAtMs }: RoomState, failoverMs: number, nowMs: number): number {
  return isOpen ? 0 : Math.max(0, (closedAtMs ?? nowMs) + failoverMs - nowMs);
}

function queueMs(room: RoomState, nowMs: number): number {
  const perSecond = rateToCome(room, nowMs);
  // As many as there are places have their turn at once.
  const before = Math.max(0, room.waiting - room.places);
  return perSecond > 0 ? (before / perSecond) * 1000 : 0;
}

/** There is an outage, or it ended just now: what its backlog brings was not seen yet. Pure. */
function isEarly({ isOpen, openedAtMs }: Pick<RoomState, 'isOpen' | 'openedAtMs'>, nowMs: number): boolean {
  return !isOpen || nowMs - openedAtMs < EARLY.ms;
}

/** Whether what has its turn can still be served in time. Pure. */
export function canFinish(leftMs: number, tookMs: number): boolean {
  return leftMs > ROOM_TO_FINISH * Math.min(tookMs, MOST_USUAL_MS);
}

/**
 * Whether to take in what comes: what would not be served in time had better be told so at once, and takes no time from what can
 * be served. Pure.
 */
export function isWorthWaiting(room: RoomState, failoverMs: number, leftMs: number, nowMs: number): boolean {
  const outage = outageMs(room, failoverMs, nowMs);
  const queue = queueMs(room, nowMs);
  if (room.isOpen && queue > room.mostWaitMs) return false;
  if (isEarly(room, nowMs)) return leftMs > outage + queue * EARLY.doubt + EARLY.connectMs;
  return canFinish(leftMs - queue * DOUBT, room.tookMs);
}

/**
 * Whether the server stands still, or nearly: a lost synchronous standby, a lock, a frozen host. What waits meanwhile is a
 * backlog and not an overload. Pure.
 *
 * @param lately work done in the last second
 */
export function isStalled(lately: number, perSecond: number): boolean {
  return lately < perSecond * STALLED;
}
