/** A write that a server took, tried through its own socket. Times in `clockMs()` milliseconds. */
export interface TakenWrite {
  host: string;
  startMs: number;
  endMs: number;
  /** Changes with every promotion: PostgreSQL's timeline, Redis' replication id. */
  reign: string;
  /** Grows with every promotion, where the engine counts them (timelines). */
  order?: number;
}

interface Reign {
  host: string;
  order: number | undefined;
  firstEndMs: number;
  lastStartMs: number;
}

/**
 * Writes that a server took though another one was primary at that moment: pure.
 *
 * A write on an earlier timeline after a later one has begun is one too many, for there is no way back. Where timelines are
 * the same or not known, a server is primary from its first to its last write of one reign, and a write inside another
 * server's span is one too many.
 */
export function dualWrites(writes: readonly TakenWrite[]): TakenWrite[] {
  const reigns = new Map<string, Reign>();
  for (const { host, reign, order, startMs, endMs } of writes) {
    const name = `${host} ${reign}`;
    const known = reigns.get(name);
    reigns.set(name, {
      host,
      order,
      firstEndMs: Math.min(known?.firstEndMs ?? Number.POSITIVE_INFINITY, endMs),
      lastStartMs: Math.max(known?.lastStartMs ?? Number.NEGATIVE_INFINITY, startMs),
    });
  }
  return writes.filter((write) =>
    [...reigns.values()].some((other) => {
      if (other.host === write.host) return false;
      if (other.firstEndMs >= write.startMs) return false;
      if (other.order === undefined || write.order === undefined || other.order === write.order) {
        return write.endMs < other.lastStartMs;
      }
      return other.order > write.order;
    }),
  );
}

/** When a server answered whether it takes writes, in `clockMs()` milliseconds. */
export interface Looks {
  host: string;
  times: readonly number[];
  /** Tries that brought no answer though its host ran. */
  errors: number;
}

/** It is asked ten times a second; a busy machine may take half a second for an answer. */
const LEAST_LOOKS_PER_SECOND = 2;

/**
 * Which servers were looked at too seldom to say that none of them was a second primary: pure.
 *
 * @param touched hosts that the fault hit: what is asked of them counts up to the fault
 * @returns one line each
 */
export function blindSpots(
  looks: readonly Looks[],
  { beganMs, faultMs, endedMs }: { beganMs: number; faultMs: number; endedMs: number },
  touched: ReadonlySet<string>,
): string[] {
  return looks.flatMap(({ host, times, errors }) => {
    const to = touched.has(host) ? faultMs : endedMs;
    const seconds = (to - beganMs) / 1000;
    const seen = times.filter((atMs) => atMs >= beganMs && atMs <= to).length;
    if (seen >= Math.floor(seconds * LEAST_LOOKS_PER_SECOND)) return [];
    return [`${host} was asked for writes only ${seen} times in ${seconds.toFixed(1)} s (${errors} errors)`];
  });
}
