import type { Latency, RecoveryFigures, Series, WorkloadFigures } from '../report/types.ts';
import type { OperationRecord } from '../workload/history.ts';
import { LATE_MS } from '../workload/open-loop.ts';
import { isWrite } from '../workload/operations.ts';

const BUCKET_MS = 250;

/** Moments of a run, in `clockMs()` time. */
export interface Moments {
  beganMs: number;
  faultMs: number;
  healedMs: number;
  endedMs: number;
}

/** The value that a share of the sorted values does not exceed (nearest rank). @param share 0 to 1 */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

const rounded = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);

function latency(operations: readonly OperationRecord[]): Latency {
  const sorted = operations.map(({ dueMs, endMs }) => endMs - dueMs).sort((x, y) => x - y);
  const at = (share: number) => rounded(percentile(sorted, share));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** What the load was and how it was answered: pure. */
export function workloadFigures(history: readonly OperationRecord[], rate: number, moments: Moments): WorkloadFigures {
  const operations: WorkloadFigures['operations'] = {};
  for (const { kind, outcome } of history) {
    const known = operations[kind] ?? { sent: 0, failed: 0 };
    operations[kind] = { sent: known.sent + 1, failed: known.failed + (outcome === 'failed' ? 1 : 0) };
  }
  const failed = history.filter((each) => each.outcome === 'failed').length;
  const due = (from: number, to: number) => history.filter((each) => each.dueMs >= from && each.dueMs < to);
  return {
    rate,
    sent: history.length,
    ok: history.length - failed,
    failed,
    retried: history.filter((each) => each.attempts > 1).length,
    late: history.filter((each) => each.sentMs - each.dueMs > LATE_MS).length,
    operations,
    latencyMs: {
      before: latency(due(moments.beganMs, moments.faultMs)),
      during: latency(due(moments.faultMs, moments.healedMs)),
      after: latency(due(moments.healedMs, Number.POSITIVE_INFINITY)),
    },
  };
}

/**
 * The longest time without an acknowledged write from the fault on, and when it ended: pure. It begins with the last
 * acknowledgement before, so it counts as clients see it.
 *
 * @param acknowledged times of acknowledgements, in any order
 * @returns undefined when no write was acknowledged after the fault
 */
export function longestGap(
  acknowledged: readonly number[],
  faultMs: number,
): { gapMs: number; endMs: number } | undefined {
  const sorted = [...acknowledged].sort((x, y) => x - y);
  let longest: { gapMs: number; endMs: number } | undefined;
  for (const [n, endMs] of sorted.entries()) {
    if (endMs <= faultMs) continue;
    const gapMs = endMs - (sorted[n - 1] ?? faultMs);
    if (!longest || gapMs > longest.gapMs) longest = { gapMs, endMs };
  }
  return longest;
}

/** @param promotedAtMs when another database host took its first write, if one did */
export function recoveryFigures(
  history: readonly OperationRecord[],
  { faultMs }: Pick<Moments, 'faultMs'>,
  goalMs: number,
  promotedAtMs: number | undefined,
): RecoveryFigures {
  const acknowledged = history.filter((each) => each.outcome === 'ok' && isWrite(each.kind)).map((each) => each.endMs);
  const gap = longestGap(acknowledged, faultMs);
  return {
    ...(promotedAtMs === undefined ? {} : { promotedMs: Math.round(promotedAtMs - faultMs) }),
    firstWriteMs: gap ? Math.round(gap.endMs - faultMs) : null,
    writeGapMs: gap ? Math.round(gap.gapMs) : null,
    goalMs,
  };
}

/** The load over time, by the moment of the answer: pure. */
export function series(history: readonly OperationRecord[], { beganMs, endedMs }: Moments): Series {
  const count = Math.max(1, Math.ceil((endedMs - beganMs) / BUCKET_MS));
  const buckets = Array.from({ length: count }, (): OperationRecord[] => []);
  for (const each of history) {
    const at = Math.min(count - 1, Math.max(0, Math.floor((each.endMs - beganMs) / BUCKET_MS)));
    buckets[at]?.push(each);
  }
  const counts = (wanted: (each: OperationRecord) => boolean) => buckets.map((bucket) => bucket.filter(wanted).length);
  const latencies = buckets.map(latency);
  return {
    bucketMs: BUCKET_MS,
    ok: counts((each) => each.outcome !== 'failed'),
    writes: counts((each) => each.outcome === 'ok' && isWrite(each.kind)),
    failed: counts((each) => each.outcome === 'failed'),
    p50: latencies.map((each) => each.p50),
    p99: latencies.map((each) => each.p99),
    max: latencies.map((each) => each.max),
  };
}
