import { describe, expect, it } from 'vitest';
import type { Consistency } from '../report/types.ts';
import { failure } from './verdict.ts';

const clean: Consistency = {
  acknowledged: 100,
  lost: 0,
  duplicated: 0,
  unexpected: 0,
  recovered: 2,
  staleSessionReads: 0,
  sessionReads: 50,
  negativeBalances: 0,
  balanceMismatches: 0,
  dualPrimaryObservations: 0,
  dualCacheObservations: 0,
  findings: [],
};
const latency = { p50: 1, p95: 1, p99: 1, max: 1 };

function judged(change: {
  consistency?: Partial<Consistency>;
  mode?: 'async' | 'sync';
  failed?: number;
  writeGapMs?: number | null;
  ok?: boolean;
}) {
  return failure({
    spec: { replicationMode: change.mode ?? 'sync', set: {} },
    steps: [{ name: 'Verify it', expected: 'this', observed: 'that', ok: change.ok ?? true, atMs: 1 }],
    workload: {
      rate: 1,
      sent: 1,
      ok: 1,
      failed: change.failed ?? 0,
      retried: 5,
      late: 0,
      operations: {},
      latencyMs: { before: latency, during: latency, after: latency },
    },
    recovery: { firstWriteMs: 1, writeGapMs: change.writeGapMs === undefined ? 1000 : change.writeGapMs, goalMs: 1000 },
    consistency: { ...clean, ...change.consistency },
  });
}

describe('failure', () => {
  it('passes what is whole: unknown outcomes that were applied once are no damage', () => {
    expect(judged({})).toBeUndefined();
  });

  it.each([
    'lost',
    'duplicated',
    'unexpected',
    'staleSessionReads',
    'negativeBalances',
    'balanceMismatches',
    'dualPrimaryObservations',
    'dualCacheObservations',
  ] as const)('fails on one %s in sync mode', (key) => {
    expect(judged({ consistency: { [key]: 1 } })).toMatch(/^1 /);
  });

  it('reports lost writes in async mode without judging them, and nothing else', () => {
    expect(judged({ mode: 'async', consistency: { lost: 7 } })).toBeUndefined();
    expect(judged({ mode: 'async', consistency: { lost: 7, duplicated: 1 } })).toBe('1 writes applied more than once');
  });

  it('fails on failed requests, failed steps and a missed goal', () => {
    expect(judged({ failed: 3 })).toBe('3 requests failed');
    expect(judged({ ok: false })).toBe('Verify it: that');
    expect(judged({ writeGapMs: 1001 })).toBe('no write for 1.0 s, goal 1.0 s');
    expect(judged({ writeGapMs: null })).toBe('no write was acknowledged after the fault');
  });

  it('fails a run that has shown nothing', () => {
    expect(judged({ consistency: { acknowledged: 0 } })).toBe('no write was acknowledged at all');
    expect(judged({ consistency: { sessionReads: 0 } })).toBe('no session read its own write');
  });
});
