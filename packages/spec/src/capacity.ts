/** How many instances there are to be. */
export interface Bounds {
  min: number;
  max: number;
  desired: number;
}

/** What is wanted now, as it is kept in etcd: the controller and `sbmcrm scale` both change it. */
export interface Capacity extends Bounds {
  /** What the spec said when it was taken over last: a spec that says something else counts again. */
  spec: Bounds;
  /** Who wanted it last, and when, in milliseconds since the epoch. */
  by: string;
  atMs: number;
  /** Which schedule was dealt with last, and up to when. */
  scheduled?: { of: string; upToMs: number };
}

/** From each of some times on another number is wanted; what is missing stays as it is. */
export interface Scheduled extends Partial<Bounds> {
  times: { latest(nowMs: number): number | undefined };
}

/** Who wants what the schedule says. */
export const BY_SCHEDULE = 'the schedule';
/** A clock that was ahead by more than this, and is right again: what it dealt with is still to come. */
const AHEAD_MS = 24 * 3_600_000;

/**
 * What is wanted once the schedule's times that have come are dealt with, in their order. A schedule that is new has missed none. Pure.
 *
 * @param of tells this schedule from others
 */
export function bySchedule(
  capacity: Capacity,
  { of, entries }: { of: string; entries: readonly Scheduled[] },
  nowMs: number,
): Capacity {
  const { scheduled } = capacity;
  if (entries.length === 0) return capacity;
  if (scheduled?.of !== of || scheduled.upToMs > nowMs + AHEAD_MS)
    return { ...capacity, scheduled: { of, upToMs: nowMs } };
  const due = entries
    .map((entry) => ({ entry, atMs: entry.times.latest(nowMs) ?? 0 }))
    .filter(({ atMs }) => atMs > scheduled.upToMs)
    .sort((x, y) => x.atMs - y.atMs);
  let next = capacity;
  for (const { entry, atMs } of due) {
    const { min = next.spec.min, max = next.spec.max, desired = next.desired } = entry;
    const bounds = bounded({ min, max, desired });
    next = { ...next, ...bounds, by: BY_SCHEDULE, atMs: nowMs, scheduled: { of, upToMs: atMs } };
  }
  return next;
}

/** Who wants more or fewer when the load says so. */
export const BY_LOAD = 'the load';

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;
const areBounds = (value: Partial<Bounds> | null | undefined): value is Bounds =>
  isCount(value?.min) && isCount(value.max) && isCount(value.desired);
const areEqual = (x: Bounds, y: Bounds) => x.min === y.min && x.max === y.max && x.desired === y.desired;

/** What is wanted when the spec says it for the first time, or again. Pure. */
export function fromSpec(spec: Bounds, atMs: number): Capacity {
  const { min, max, desired } = spec;
  return { min, max, desired, spec: { min, max, desired }, by: 'the spec', atMs };
}

/**
 * What is kept, as far as it is of use: pure.
 *
 * @param text what was read; undefined: nothing is kept yet
 */
export function capacityOf(text: string | undefined, spec: Bounds, nowMs: number): Capacity {
  const kept = parse(text);
  return kept !== undefined && areEqual(kept.spec, spec) ? { ...kept, ...bounded(kept) } : fromSpec(spec, nowMs);
}

/** The same with `min` at most `max`, and `desired` between them. Pure. */
export function bounded({ min, max, desired }: Bounds): Bounds {
  const least = Math.min(min, max);
  return { min: least, max, desired: Math.min(Math.max(desired, least), max) };
}

function parse(text: string | undefined): Capacity | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Capacity> | null;
    const { spec, by = 'somebody', atMs = 0, scheduled } = value ?? {};
    if (!areBounds(value) || !areBounds(spec)) return undefined;
    const { min, max, desired } = value;
    const isKnown = typeof scheduled?.of === 'string' && Number.isFinite(scheduled.upToMs);
    return { min, max, desired, spec, by, atMs, ...(isKnown ? { scheduled } : {}) };
  } catch {
    return undefined;
  }
}
