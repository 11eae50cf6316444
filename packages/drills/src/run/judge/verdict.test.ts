import type { Consistency, RecoveryFigures, RunReport, WorkloadFigures } from '@sbmcrm/report';
import { aRun } from '@sbmcrm/report/fixture';
import { describe, expect, it } from 'vitest';
import { type JudgeOptions, judge } from './verdict.ts';

interface Change {
  consistency?: Partial<Consistency>;
  workload?: Partial<WorkloadFigures>;
  recovery?: Partial<RecoveryFigures>;
  mode?: 'async' | 'sync';
  stepOk?: boolean;
}

const clean: Partial<Consistency> = { checked: true, acknowledged: 100, lost: 0, lostBeyondLag: 0, sessionReads: 50 };
const whole: Partial<RecoveryFigures> = {
  firstWriteMs: 900,
  writeGapMs: 1000,
  writeGapEnded: true,
  goalMs: 1000,
  healMs: 5000,
  calmMs: 0,
  calmGoalMs: 12_000,
  calmLimitMs: 250,
};

function judged(change: Change, options?: JudgeOptions): ReturnType<typeof judge> {
  const run: RunReport = aRun({
    workload: { sent: 1000, ok: 1000, refused: 0, failed: 0, late: 0, ...change.workload },
    recovery: { ...whole, ...change.recovery },
    consistency: { ...clean, ...change.consistency },
  });
  run.spec = { replicationMode: change.mode ?? 'sync', set: {} };
  run.steps = [{ name: 'Verify it', expected: 'this', observed: 'that', ok: change.stepOk ?? true, atMs: 1 }];
  return judge(run, options);
}

describe('judge', () => {
  it('passes what is whole: unknown outcomes that were applied once are no damage', () => {
    expect(judged({ consistency: { recovered: 7 } })).toEqual({ verdict: 'pass' });
  });

  it.each([
    'lost',
    'duplicated',
    'unexpected',
    'staleSessionReads',
    'negativeBalances',
    'balanceMismatches',
    'wrongBalances',
    'outOfOrder',
    'wrongRefusals',
    'dualPrimaryObservations',
    'dualCacheObservations',
  ] as const)('fails on one %s in sync mode', (key) => {
    expect(judged({ consistency: { [key]: 1 } })).toEqual({ verdict: 'fail', reason: expect.stringMatching(/^1 /) });
  });

  it('reports lost writes in async mode without judging them, but for those that the lag does not excuse', () => {
    expect(judged({ mode: 'async', consistency: { lost: 7 } })).toEqual({ verdict: 'pass' });
    const beyond = judged({ mode: 'async', consistency: { lost: 7, lostBeyondLag: 2, lagBoundMs: 500 } });
    expect(beyond.reason).toBe(
      '2 acknowledged writes lost that asynchronous replication does not excuse (the standby lagged at most 500 ms)',
    );
  });

  it.each([
    ['failed requests', { workload: { failed: 3 } }, '3 requests failed'],
    [
      'how they ended',
      {
        workload: {
          failed: 3,
          refused: 2,
          ends: { 'failed 503 UNAVAILABLE': 2, 'refused 503 OVERLOADED': 2, 'failed no answer': 1 },
        },
      },
      '3 requests failed (503 UNAVAILABLE 2, no answer 1); 2 requests refused (503 OVERLOADED 2)',
    ],
    ['early refusals', { workload: { refused: 3 } }, '3 requests refused'],
    ['a failed step', { stepOk: false }, 'Verify it: that'],
    ['a missed goal', { recovery: { writeGapMs: 1001 } }, 'no write for 1.0 s, goal 1.0 s'],
    ['writes that never came back', { recovery: { firstWriteMs: null } }, 'no write was acknowledged after the fault'],
    [
      'a gap that did not end',
      { recovery: { writeGapEnded: false, writeGapMs: 900 } },
      'writes were away at the end, for 0.9 s',
    ],
    [
      'slow requests after healing',
      { recovery: { calmMs: 12_001 } },
      'requests were not as fast as before 12.0 s after healing (after 12.0 s; p99 ≤ 250 ms)',
    ],
    [
      'requests that stay slow',
      { recovery: { calmMs: null } },
      'requests were not as fast as before 12.0 s after healing (not at all; p99 ≤ 250 ms)',
    ],
    [
      'ledgers that cannot be read',
      { consistency: { checked: false } },
      'the ledgers could not be read: nothing is known of writes',
    ],
    ['a run without writes', { consistency: { acknowledged: 0 } }, 'no write was acknowledged at all'],
    ['a run without own reads', { consistency: { sessionReads: 0 } }, 'no session read its own write'],
  ] as [string, Change, string][])('fails on %s', (_what, change, reason) => {
    expect(judged(change)).toEqual({ verdict: 'fail', reason });
  });

  it('does not ask for fast requests of a platform that did not heal: its step tells', () => {
    expect(judged({ recovery: { healMs: null, calmMs: null } })).toEqual({ verdict: 'pass' });
  });

  it('allows early refusals in an overload run', () => {
    expect(judged({ workload: { refused: 3 } }, { mayRefuse: true })).toEqual({ verdict: 'pass' });
  });

  it('is void when the load or the watch was blind, whatever clients missed', () => {
    const late = judged({ workload: { late: 11, failed: 5 } });
    expect(late).toEqual({ verdict: 'void', reason: expect.stringMatching(/^the load sent 11 of 1000 requests late/) });
    expect(judged({ workload: { late: 10 } })).toEqual({ verdict: 'pass' });
    const blind = ['postgres-a was asked for writes only 3 times in 20.0 s (0 errors)'];
    expect(judged({}, { blind })).toEqual({ verdict: 'void', reason: blind[0] });
  });

  it('fails on damage also when the instrument was bad: what was seen was seen', () => {
    const both = judged({ workload: { late: 500 }, consistency: { duplicated: 1 } });
    expect(both.verdict).toBe('fail');
  });

  it('tells what broke the run itself', () => {
    expect(judged({}, { problems: ['the load did not answer'] })).toEqual({
      verdict: 'fail',
      reason: 'the load did not answer',
    });
  });
});
