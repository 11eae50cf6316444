/** What the waiting room knows when somebody comes. Times are `performance.now()`'s. */
export interface RoomState {
  isOpen: boolean;
  /** Since when there is no primary; undefined before the first one. */
  closedAtMs: number | undefined;
  waiting: number;
  /** Places inside. */
  places: number;
  /** Work done in a second, at best of late; 0 when unknown. */
  perSecond: number;
  /** What work takes inside. */
  tookMs: number;
}

/** Whoever is let in has this many times the usual time. */
const ROOM_TO_FINISH = 2;
/** An estimate of the usual time above this is a stall, not usual. */
const MOST_USUAL_MS = 5000;
/** What is let in has to be expected to take no longer than this; it is looked at again when its turn comes. */
const MOST_EXPECTED_MS = 1000;

/**
 * How long who comes now waits before his turn, as far as one can tell: until the failover is through at worst, then until those
 * before him are served at the rate of late. Pure.
 *
 * @param failoverMs what a failover takes at worst
 */
export function expectedWaitMs(room: RoomState, failoverMs: number, nowMs: number): number {
  const { isOpen, closedAtMs = nowMs, waiting, places, perSecond } = room;
  const outage = isOpen ? 0 : Math.max(0, closedAtMs + failoverMs - nowMs);
  // As many as there are places have their turn at once.
  const before = Math.max(0, waiting - places);
  return outage + (perSecond > 0 ? (before / perSecond) * 1000 : 0);
}

/** Whether who has his turn can still be served in time. Pure. */
export function canFinish(leftMs: number, tookMs: number): boolean {
  return leftMs > ROOM_TO_FINISH * Math.min(tookMs, MOST_USUAL_MS);
}

/**
 * Whether to take in who comes: one who would not be served in time had better hear so at once, while he can still go elsewhere,
 * and takes no time from those who can be served. Pure.
 */
export function isWorthWaiting(room: RoomState, failoverMs: number, leftMs: number, nowMs: number): boolean {
  return leftMs - expectedWaitMs(room, failoverMs, nowMs) > Math.min(room.tookMs, MOST_EXPECTED_MS);
}
