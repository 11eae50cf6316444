/** How an instance's processor time stood at a moment. */
export interface Counter {
  /** Of which start of the host it counts. */
  startedAtMs: number;
  seconds: number;
}

/** So long after a launch that was refused, or failed, the next one is tried in another zone. */
export const AWAY_MS = 60_000;

/** What whoever leads knows, and its successor takes over; times are in milliseconds since the epoch. */
export interface Memory {
  /** Instances that served since they were started, by name, with that start. */
  served: Readonly<Record<string, number>>;
  /** Those that are drained, since when. */
  leaving: Readonly<Record<string, number>>;
  /** Those that run and do not serve, since when. */
  sick: Readonly<Record<string, number>>;
  /** Where nothing starts, until when. */
  zonesAway: Readonly<Record<string, number>>;
  /** The window over which load is being measured. */
  window?: { startMs: number; counters: Readonly<Record<string, Counter>> };
  /** Load has been above its bound, or below, in every window since then. */
  hotSinceMs?: number;
  coldSinceMs?: number;
  /** When load was known last, and how much it was, in percent. */
  load?: { atMs: number; percent: number };
  /** When an instance came or went last, or was about to. */
  changedAtMs: number;
  /** Launches of the last hour. */
  launches: readonly number[];
  /** Launches in a row that came to nothing, of which version, since when they are counted, and the last one. */
  failed: { count: number; version: string; sinceMs: number; lastMs: number };
  /** Why nothing is launched, though something should be. */
  held?: string;
}

export const NOTHING: Memory = {
  served: {},
  leaving: {},
  sick: {},
  zonesAway: {},
  changedAtMs: 0,
  launches: [],
  failed: { count: 0, version: '', sinceMs: 0, lastMs: 0 },
};

/** As it is kept in etcd. What is not of that form is nothing. Of a clock that was ahead nothing is later than now. Pure. */
export function parseMemory(text: string | undefined, nowMs: number): Memory {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Memory> | null;
    return typeof value === 'object' && value !== null ? come({ ...NOTHING, ...value }, nowMs) : NOTHING;
  } catch {
    return NOTHING;
  }
}

function come({ hotSinceMs, coldSinceMs, load, ...memory }: Memory, nowMs: number): Memory {
  const past = (atMs: number) => Math.min(Number(atMs) || 0, nowMs);
  const allPast = (times: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(times).map(([name, atMs]) => [name, past(atMs)]));
  const { count, version, sinceMs, lastMs } = memory.failed;
  const isPast = (atMs: number | undefined): atMs is number => atMs !== undefined && atMs <= nowMs;
  return {
    ...memory,
    sick: allPast(memory.sick),
    leaving: allPast(memory.leaving),
    zonesAway: Object.fromEntries(Object.entries(memory.zonesAway).filter(([, atMs]) => atMs <= nowMs + AWAY_MS)),
    ...(isPast(hotSinceMs) ? { hotSinceMs } : {}),
    ...(isPast(coldSinceMs) ? { coldSinceMs } : {}),
    ...(load && isPast(load.atMs) ? { load } : {}),
    changedAtMs: past(memory.changedAtMs),
    launches: memory.launches.map(past),
    failed: { count, version, sinceMs: past(sinceMs), lastMs: past(lastMs) },
  };
}
