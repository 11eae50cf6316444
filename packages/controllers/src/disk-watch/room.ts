/** One segment of write-ahead log (PostgreSQL's default): with less room the server cannot even begin the next one. */
const SEGMENT_BYTES = 16 * 1024 ** 2;
/**
 * Kept aside on the disk of a database server, and given back once the disk is full: a primary needs room to hand over. It writes
 * its last checkpoint, and new segments of log until it has ended.
 */
export const RESERVE_BYTES = 4 * SEGMENT_BYTES;
/** The reserve is laid aside (again) only where so much is free beside it: it must not be what fills the disk. */
const SPARE_BYTES = 4 * SEGMENT_BYTES;
/** A large sort fills a disk for a moment, and is over. */
const CONFIRM_MS = 2000;
/** After handing over, not again for so long: where both disks are full, it would go to and fro. */
const AGAIN_MS = 600_000;
/** A hand-over that was refused (no standby is in a state to take over) is asked for again after so long. */
const RETRY_MS = 5000;

/** What a look showed. */
export interface Look {
  /** What this user may still write on the disk. */
  freeBytes: number;
  /** What the reserve holds; 0: there is none. */
  reservedBytes: number;
  /** Whether this server is the primary; undefined: its agent does not say. */
  isPrimary: boolean | undefined;
}

/** What is known from the looks before. Times are a monotonic clock's, in milliseconds. */
export interface Known {
  /** Since when the disk is full. */
  fullSinceMs: number | undefined;
  askedAtMs: number | undefined;
  handedOverAtMs: number | undefined;
}

export const NOTHING_KNOWN: Known = { fullSinceMs: undefined, askedAtMs: undefined, handedOverAtMs: undefined };

/**
 * - `reserve`: lay the reserve aside
 * - `hand over`: give the reserve back, and let the standby take over
 */
export type Act = 'reserve' | 'hand over';

/**
 * What to do about the disk's room. The reserve counts as room: once it was given back, the disk is as full as before, and a
 * hand-over that was refused is tried again. Pure.
 */
export function decide(known: Known, look: Look, nowMs: number): { known: Known; act: Act | undefined } {
  const roomBytes = look.freeBytes + look.reservedBytes;
  if (roomBytes >= RESERVE_BYTES + SEGMENT_BYTES) {
    const act = look.reservedBytes < RESERVE_BYTES && roomBytes >= RESERVE_BYTES + SPARE_BYTES ? 'reserve' : undefined;
    return { known: { ...known, fullSinceMs: undefined, askedAtMs: undefined }, act };
  }
  const fullSinceMs = known.fullSinceMs ?? nowMs;
  // Asked, and no primary any more: it was heard, whatever the answer was.
  if (look.isPrimary === false && known.askedAtMs !== undefined) {
    return { known: { fullSinceMs, askedAtMs: undefined, handedOverAtMs: known.askedAtMs }, act: undefined };
  }
  const isSure = nowMs - fullSinceMs >= CONFIRM_MS;
  const mayAsk = isOver(known.askedAtMs, RETRY_MS, nowMs) && isOver(known.handedOverAtMs, AGAIN_MS, nowMs);
  if (!look.isPrimary || !isSure || !mayAsk) return { known: { ...known, fullSinceMs }, act: undefined };
  return { known: { ...known, fullSinceMs, askedAtMs: nowMs }, act: 'hand over' };
}

function isOver(atMs: number | undefined, forMs: number, nowMs: number): boolean {
  return atMs === undefined || nowMs - atMs >= forMs;
}

/** A member of the cluster as its agent lists it. */
export interface Member {
  role: string;
  state: string;
  api_url?: string;
  tags?: { nofailover?: boolean };
}

/** Where the agents of standbys answer that follow the primary and may lead. One that died just now is still listed. Pure. @param isSync only a synchronous one may */
export function candidates(members: readonly Member[], isSync: boolean): string[] {
  return members
    .filter(({ role, tags }) => (role === 'sync_standby' || (role === 'replica' && !isSync)) && !tags?.nofailover)
    .filter(({ state }) => state === 'streaming')
    .flatMap(({ api_url }) => api_url ?? []);
}
