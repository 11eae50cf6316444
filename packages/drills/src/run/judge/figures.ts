import { isAcknowledged, isWrite, latencyOf, loadFigures, type OperationRecord, percentile } from '@sbmcrm/load';
import type { Latency, RecoveryFigures, Series, WorkloadFigures } from '@sbmcrm/report';

const BUCKET_MS = 250;
/** Requests count as calm again when so many milliseconds of them are. */
const CALM_WINDOW_MS = 5000;
const CALM_STEP_MS = 250;
/** After healing requests may take so many times what they took before. */
const CALM_FACTOR = 2;
/** Below this a busy machine's scheduler decides, and no client notices. */
const LEAST_CALM_LIMIT_MS = 250;
/** A platform gets so long beside what working off the backlog takes. */
const CALM_EXTRA_MS = 10_000;
/** Where capacity is not known, a rate is taken for this share of it: what a drill asks for by itself. */
export const RATE_SHARE = 0.6;

/** Moments of a run, in `clockMs()` time. */
export interface Moments {
  /** The warm-up is over. */
  beganMs: number;
  faultMs: number;
  /** The cloud confirmed the fault. */
  effectMs: number;
  /** The platform was found healthy again. */
  healedMs: number;
  /** The load stopped sending. */
  endedMs: number;
}

/** What the load was and how it was answered, without its warm-up: pure. */
export function workloadFigures(
  history: readonly OperationRecord[],
  rate: number,
  { beganMs, faultMs, healedMs }: Moments,
): Omit<WorkloadFigures, 'generator'> {
  const measured = history.filter(({ dueMs }) => dueMs >= beganMs);
  const operations: WorkloadFigures['operations'] = {};
  for (const { kind, outcome } of measured) {
    const known = operations[kind] ?? { sent: 0, failed: 0 };
    operations[kind] = { sent: known.sent + 1, failed: known.failed + (outcome === 'failed' ? 1 : 0) };
  }
  const { latencyMs: _, admittedMs: _a, refusedMs: _r, goodput: _g, ...counts } = loadFigures(measured, rate);
  const early = measured.filter(({ dueMs }) => dueMs < faultMs);
  return {
    ...counts,
    operations,
    latencyMs: {
      before: beforeFault(history, beganMs, faultMs),
      inFlight: latencyOf(early.filter(({ endMs }) => endMs >= faultMs)),
      during: latencyOf(measured.filter(({ dueMs }) => dueMs >= faultMs && dueMs < healedMs)),
      after: latencyOf(measured.filter(({ dueMs }) => dueMs >= faultMs && dueMs >= healedMs)),
    },
  };
}

/** So long without any write at the end of the load is no pause between two of them. */
const TRAILING_MS = 1000;

export interface Gap {
  gapMs: number;
  /** False: writes were away when the load ended. */
  ended: boolean;
}

/**
 * The longest time without an acknowledged write from the fault on: pure. It begins with the last acknowledgement before, so
 * it counts as clients see it; what was still away when the load ended counts up to then.
 *
 * @param acknowledged times of acknowledgements, in any order
 * @param endedMs when the load stopped sending
 */
export function longestGap(acknowledged: readonly number[], faultMs: number, endedMs: number): Gap {
  const sorted = [...acknowledged].sort((x, y) => x - y);
  const gaps = sorted.flatMap((atMs, n) => (atMs > faultMs ? [atMs - (sorted[n - 1] ?? faultMs)] : []));
  const last = sorted.at(-1);
  const trailing = Math.max(0, endedMs - (last ?? faultMs));
  const ended = last !== undefined && last > faultMs && trailing < TRAILING_MS;
  return { gapMs: [...gaps, ...(ended ? [] : [trailing])].reduce((most, each) => Math.max(most, each), 0), ended };
}

/** Requests slower than this after healing are not as before. @param beforeMs 99th percentile before the fault */
export function calmLimit(beforeMs: number | null): number | null {
  return beforeMs === null ? null : Math.max(LEAST_CALM_LIMIT_MS, CALM_FACTOR * beforeMs);
}

/**
 * How long after healing a platform may be slow: what came during the gap is worked off with the capacity to spare, and 10 s.
 *
 * @param capacity requests per second; undefined: not known
 */
export function calmGoal(gapMs: number, rate: number, capacity: number | undefined): number {
  const spare = Math.max((capacity ?? rate / RATE_SHARE) - rate, rate * 0.1);
  return Math.round((gapMs * rate) / spare + CALM_EXTRA_MS);
}

/**
 * How long after healing requests were as fast as they must be, for five seconds on: pure.
 *
 * @returns milliseconds; null when they were not, or not for so long
 */
export function calmAfter(
  history: readonly Pick<OperationRecord, 'dueMs' | 'endMs'>[],
  { healedMs, endedMs }: Pick<Moments, 'healedMs' | 'endedMs'>,
  limitMs: number | null,
): number | null {
  if (limitMs === null) return null;
  const later = history.filter(({ dueMs }) => dueMs >= healedMs).sort((x, y) => x.dueMs - y.dueMs);
  for (let from = healedMs; from + CALM_WINDOW_MS <= endedMs + CALM_STEP_MS; from += CALM_STEP_MS) {
    const window = later.filter(({ dueMs }) => dueMs >= from && dueMs < from + CALM_WINDOW_MS);
    const latencies = window.map(({ dueMs, endMs }) => endMs - dueMs).sort((x, y) => x - y);
    const p99 = percentile(latencies, 0.99);
    if (p99 !== null && p99 <= limitMs) return Math.round(from - healedMs);
  }
  return null;
}

/** What is known while the load still runs: the gap so far, and the 99th percentile before the fault. Pure. */
export function longestWriteGap(
  history: readonly OperationRecord[],
  beganMs: number,
  faultMs: number,
): { gapMs: number; beforeP99Ms: number | null } {
  const acknowledged = acknowledgements(history);
  const lastMs = acknowledged.reduce((latest, each) => Math.max(latest, each), faultMs);
  return {
    gapMs: longestGap(acknowledged, faultMs, lastMs).gapMs,
    beforeP99Ms: beforeFault(history, beganMs, faultMs).p99,
  };
}

function acknowledgements(history: readonly OperationRecord[]): number[] {
  return history.filter((each) => isWrite(each.kind) && isAcknowledged(each)).map((each) => each.endMs);
}

/** Latencies of requests that were answered before the fault, without the warm-up. */
function beforeFault(history: readonly OperationRecord[], beganMs: number, faultMs: number): Latency {
  return latencyOf(history.filter(({ dueMs, endMs }) => dueMs >= beganMs && dueMs < faultMs && endMs < faultMs));
}

export interface RecoveryInput {
  moments: Moments;
  goalMs: number;
  rate: number;
  /** Requests per second; undefined: not known. */
  capacity: number | undefined;
  /** When another database host took its first write, if one did. */
  promotedAtMs: number | undefined;
  /** How long the platform took to heal; undefined: it did not. */
  healMs: number | undefined;
}

/** How the platform came back, as clients saw it: pure. */
export function recoveryFigures(
  history: readonly OperationRecord[],
  { moments, goalMs, rate, capacity, promotedAtMs, healMs }: RecoveryInput,
): RecoveryFigures {
  const { beganMs, faultMs, effectMs, endedMs } = moments;
  const acknowledged = acknowledgements(history);
  const gap = longestGap(acknowledged, faultMs, endedMs);
  const first = acknowledged.filter((endMs) => endMs > effectMs).sort((x, y) => x - y)[0];
  const limitMs = calmLimit(beforeFault(history, beganMs, faultMs).p99);
  return {
    ...(promotedAtMs === undefined ? {} : { promotedMs: Math.round(promotedAtMs - faultMs) }),
    effectMs: Math.round(effectMs - faultMs),
    firstWriteMs: first === undefined ? null : Math.round(first - faultMs),
    writeGapMs: Math.round(gap.gapMs),
    writeGapEnded: gap.ended,
    goalMs,
    healMs: healMs === undefined ? null : Math.round(healMs),
    calmMs: healMs === undefined ? null : calmAfter(history, moments, limitMs),
    calmGoalMs: calmGoal(gap.gapMs, rate, capacity),
    calmLimitMs: limitMs,
  };
}

/** The load over time, by the moment of the answer: pure. */
export function series(history: readonly OperationRecord[], { beganMs, endedMs }: Moments): Series {
  const count = Math.max(1, Math.ceil((endedMs - beganMs) / BUCKET_MS));
  const buckets = Array.from({ length: count }, (): OperationRecord[] => []);
  for (const each of history) {
    if (each.endMs < beganMs) continue;
    const at = Math.min(count - 1, Math.floor((each.endMs - beganMs) / BUCKET_MS));
    buckets[at]?.push(each);
  }
  const counts = (wanted: (each: OperationRecord) => boolean) => buckets.map((bucket) => bucket.filter(wanted).length);
  const latencies = buckets.map(latencyOf);
  const isGood = ({ outcome }: OperationRecord) => outcome === 'ok' || outcome === 'declined';
  return {
    bucketMs: BUCKET_MS,
    ok: counts(isGood),
    writes: counts((each) => isAcknowledged(each) && isWrite(each.kind)),
    failed: counts((each) => !isGood(each)),
    p50: latencies.map((each) => each.p50),
    p99: latencies.map((each) => each.p99),
    max: latencies.map((each) => each.max),
  };
}
