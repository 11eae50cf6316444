import type { OperationRecord } from './history.ts';
import { LATE_MS } from './open-loop.ts';

/** Milliseconds from the moment a request was due, so that a stall of the load cannot hide; null without requests. */
export interface Latency {
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

/** What a load was and how it was answered. */
export interface LoadFigures {
  /** Requests per second that were asked for. */
  rate: number;
  /** Requests per second that were answered as expected, from the first due to the last answer. */
  goodput: number;
  sent: number;
  /** Answered as expected; the CRM's own no, such as INSUFFICIENT_POINTS, is an expected answer. */
  ok: number;
  /** Refused early: a coded 503 with Retry-After within a second. */
  refused: number;
  /** No expected answer by the deadline. */
  failed: number;
  /** Requests that were sent again after a connection error. */
  retried: number;
  /** Requests that the load itself sent more than 50 ms after they were due. */
  late: number;
  latencyMs: Latency;
  /** Of those that were not refused. */
  admittedMs: Latency;
  /** Of those that were: how soon they were told. */
  refusedMs: Latency;
  /** How often refused and failed requests ended in which way, the most frequent first; see {@link endOf}. */
  ends: Record<string, number>;
}

/** How an operation ended that was refused or failed: `refused 503 OVERLOADED`, `failed no answer`. Pure. */
export function endOf({ outcome, status, code }: Pick<OperationRecord, 'outcome' | 'status' | 'code'>): string {
  return [outcome, status, code ?? (status === undefined ? 'no answer' : undefined)]
    .filter((part) => part !== undefined)
    .join(' ');
}

function endsOf(operations: readonly OperationRecord[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const each of operations) counts.set(endOf(each), (counts.get(endOf(each)) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, x], [, y]) => y - x));
}

/** More late sends than this share of all, and the load was not what it says. */
export const MOST_LATE_SHARE = 0.01;

/** The value that a share of the sorted values does not exceed (nearest rank). @param share 0 to 1 */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

const rounded = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);

/** Latencies of operations, whatever their outcome: pure. */
export function latencyOf(operations: readonly Pick<OperationRecord, 'dueMs' | 'endMs'>[]): Latency {
  const sorted = operations.map(({ dueMs, endMs }) => endMs - dueMs).sort((x, y) => x - y);
  const at = (share: number) => rounded(percentile(sorted, share));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Whether the load itself sent a request late. */
export function isLate({ dueMs, sentMs }: Pick<OperationRecord, 'dueMs' | 'sentMs'>): boolean {
  return sentMs - dueMs > LATE_MS;
}

/** Figures of a load from its operations: pure. @param rate requests per second that were asked for */
export function loadFigures(operations: readonly OperationRecord[], rate: number): LoadFigures {
  const having = (outcome: OperationRecord['outcome']) => operations.filter((each) => each.outcome === outcome).length;
  const failed = having('failed');
  const refused = having('refused');
  const ok = operations.length - failed - refused;
  const first = operations.reduce((least, { dueMs }) => Math.min(least, dueMs), Number.POSITIVE_INFINITY);
  const last = operations.reduce((most, { endMs }) => Math.max(most, endMs), Number.NEGATIVE_INFINITY);
  // The last request is due one interval before the end of what was asked for.
  const seconds = Math.max(operations.length / rate, (last - first) / 1000);
  return {
    rate,
    goodput: operations.length === 0 ? 0 : Math.round((ok / seconds) * 10) / 10,
    sent: operations.length,
    ok,
    refused,
    failed,
    retried: operations.filter((each) => each.attempts > 1).length,
    late: operations.filter(isLate).length,
    latencyMs: latencyOf(operations),
    admittedMs: latencyOf(operations.filter((each) => each.outcome !== 'refused')),
    refusedMs: latencyOf(operations.filter((each) => each.outcome === 'refused')),
    ends: endsOf(operations.filter(({ outcome }) => outcome === 'refused' || outcome === 'failed')),
  };
}

/** Why the load was not what it says, in one line; undefined when it was. Pure. */
export function voidLoad({ sent, late }: Pick<LoadFigures, 'sent' | 'late'>): string | undefined {
  if (late <= sent * MOST_LATE_SHARE) return undefined;
  const share = Math.round((late / sent) * 1000) / 10;
  return `the load sent ${late} of ${sent} requests late (${share} %): this machine was too busy for it`;
}
