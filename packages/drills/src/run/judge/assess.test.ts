import type { OperationRecord } from '@sbmcrm/load';
import type { Platform, PlatformStatus } from '@sbmcrm/platform';
import { describe, expect, it } from 'vitest';
import type { CustomerLedger } from '../../check/ledger.ts';
import type { Drill } from '../drill.ts';
import { assess, type Evidence } from './assess.ts';

const FAULT_MS = 5000;
const END_MS = 40_000;
const times = (toMs: number) => Array.from({ length: toMs / 100 }, (_, n) => n * 100);

/** A booking every 100 ms but for a gap after the fault, and an own read each. */
function historyOf(gapMs: number): OperationRecord[] {
  return times(END_MS).flatMap((dueMs, n): OperationRecord[] => {
    const endMs = dueMs < FAULT_MS || dueMs > FAULT_MS + gapMs ? dueMs + 10 : FAULT_MS + gapMs;
    const base = { user: 0, dueMs, sentMs: dueMs, endMs, attempts: 1, outcome: 'ok', customer: 'ann' } as const;
    const balance = n + 1;
    return [
      { ...base, index: 2 * n, kind: 'earn', points: 1, key: `run-${n}`, entries: [`e${n}`], balances: [balance] },
      { ...base, index: 2 * n + 1, kind: 'own-read', wanted: `e${n}`, shown: true },
    ];
  });
}

function ledgerOf(history: readonly OperationRecord[]): CustomerLedger {
  const entries = history
    .filter(({ kind }) => kind === 'earn')
    .map((each, n) => ({ id: each.entries?.[0] ?? '', points: 1, balance: n + 1, reference: each.key ?? null }));
  return { balance: entries.length, entries };
}

function evidence(change: Partial<Evidence> = {}, mode: 'async' | 'sync' = 'async'): Evidence {
  const history = historyOf(2000);
  const spec = { database: { replicationMode: mode } } as Platform['spec'];
  const tries = {
    taken: [],
    lags: [{ host: 'postgres-b', atMs: 4000, lagMs: 100 }],
    looks: () => ['postgres-a', 'postgres-b'].map((host) => ({ host, times: times(END_MS), errors: 0 })),
    firstElsewhere: () => ({ host: 'postgres-b', startMs: 6900, endMs: 7000, reign: '2' }),
  };
  return {
    setting: {
      platform: { spec } as Platform,
      drill: { name: 'test', title: 'Test', goalMs: () => 30_000 } as unknown as Drill,
      rate: 20,
      capacity: 100,
      mustCarry: true,
      mayRefuse: false,
      dwellMs: 1000,
      healWithinMs: 1000,
      seed: 1,
      set: {},
      runId: 'run',
      folder: '/tmp',
      progress: { step: (_title, task) => task(() => {}) },
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    course: {
      moments: { beganMs: 0, faultMs: FAULT_MS, effectMs: FAULT_MS + 100, healedMs: 20_000, endedMs: END_MS },
      healMs: 3000,
      problems: [],
    },
    ended: {
      history,
      generator: { eventLoopDelayMs: { p99: 1, max: 2 }, cpuMs: 100, mostInFlight: 9, maxSockets: 6000 },
    },
    ledgers: { ledgers: new Map([['ann', ledgerOf(history)]]) },
    before: {
      database: { primary: 'postgres-a', members: [{ name: 'postgres-b', role: 'standby' }] },
    } as PlatformStatus,
    databases: tries,
    caches: { ...tries, looks: () => [] },
    steps: [],
    marks: [],
    seen: [],
    touched: new Set(['postgres-a']),
    atMs: END_MS,
    ...change,
  };
}

describe('assess', () => {
  it('passes a run in which all holds', () => {
    const report = assess(evidence());
    expect(report.reason).toBeUndefined();
    expect(report).toMatchObject({
      verdict: 'pass',
      recovery: { promotedMs: 2000, effectMs: 100, writeGapEnded: true, healMs: 3000, calmMs: 0 },
      consistency: { checked: true, lost: 0, lagBoundMs: 500 },
      watched: [
        { host: 'postgres-a', samples: 400 },
        { host: 'postgres-b', samples: 400 },
      ],
    });
  });

  it('excuses lost writes only after a failover, and only those that the standby may have lacked', () => {
    const whole = evidence();
    // The last four bookings before the fault, and one from three seconds before it.
    const gone = new Set(['e46', 'e47', 'e48', 'e49', 'e20']);
    let balance = 0;
    const entries = ledgerOf(whole.ended.history)
      .entries.filter(({ id }) => !gone.has(id))
      .map((each) => ({ ...each, balance: ++balance }));
    const ledgers = { ledgers: new Map([['ann', { balance, entries }]]) };
    const judged = (change: Partial<Evidence>, mode?: 'async' | 'sync') =>
      assess(evidence({ ledgers, ...change }, mode)).consistency;
    expect(judged({})).toMatchObject({ lost: 5, lostBeyondLag: 1 });
    expect(judged({ databases: { ...whole.databases, firstElsewhere: () => undefined } })).toMatchObject({
      lost: 5,
      lostBeyondLag: 5,
    });
    expect(judged({}, 'sync')).toMatchObject({ lost: 5, lostBeyondLag: 5, lagBoundMs: 0 });
  });

  it('reports a run that collapsed: load, healing and checker fail on their own', () => {
    const { history } = evidence().ended;
    const report = assess(
      evidence({
        course: { ...evidence().course, healMs: undefined, problems: ['stopped: the entry is silent'] },
        ended: { history, problem: 'the load did not answer "stop" in 45 s' },
        ledgers: { problem: 'the ledgers cannot be read: the database has no primary' },
      }),
    );
    expect(report.verdict).toBe('fail');
    expect(report.reason).toMatch(/the entry is silent; the load did not answer "stop" in 45 s; the ledgers cannot be/);
    expect(report.workload.sent).toBe(history.length);
    expect(report.workload.generator).toBeUndefined();
    expect(report.recovery).toMatchObject({ healMs: null, writeGapMs: 2090 });
    expect(report.consistency.checked).toBe(false);
    expect(report.steps.at(-1)).toMatchObject({ name: 'Check data consistency', ok: false });
  });

  it('is void when a server was hardly watched', () => {
    const looks = () => [{ host: 'postgres-b', times: times(3000), errors: 4 }];
    const report = assess(evidence({ databases: { ...evidence().databases, looks } }));
    expect(report).toMatchObject({
      verdict: 'void',
      reason: expect.stringMatching(/postgres-b was asked for writes only/),
    });
  });
});
