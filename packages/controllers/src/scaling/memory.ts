/** How an instance's processor time stood at a moment. */
export interface Counter {
  /** Of which start of the host it counts. */
  startedAtMs: number;
  seconds: number;
}

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

/** Of a clock that was ahead by more than this nothing is believed. */
const AHEAD_MS = 60_000;

/** As it is kept in etcd. What is not of that form is nothing; so is what a clock wrote that was far ahead. Pure. */
export function parseMemory(text: string | undefined, nowMs: number): Memory {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Memory> | null;
    if (typeof value !== 'object' || value === null) return NOTHING;
    const memory = { ...NOTHING, ...value };
    const times = [memory.changedAtMs, memory.hotSinceMs ?? 0, memory.coldSinceMs ?? 0, ...memory.launches];
    return times.every((each) => Number.isFinite(each) && each <= nowMs + AHEAD_MS) ? memory : NOTHING;
  } catch {
    return NOTHING;
  }
}
