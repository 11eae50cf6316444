import { checkLedgers } from '../check/consistency.ts';
import type { Consistency, RunReport, Step } from '../report/types.ts';
import type { RunSetting } from './setting.ts';

/** The guide's last step. In async mode lost writes are told and not judged. */
export function consistencyStep(consistency: Consistency, mode: 'async' | 'sync', atMs: number): Step {
  const { acknowledged, lost, duplicated, unexpected, recovered, sessionReads } = consistency;
  const zeros = [
    duplicated,
    unexpected,
    consistency.staleSessionReads,
    consistency.negativeBalances,
    consistency.balanceMismatches,
    consistency.dualPrimaryObservations,
    consistency.dualCacheObservations,
    ...(mode === 'sync' ? [lost] : []),
  ];
  return {
    name: 'Check data consistency',
    expected: `every acknowledged write is there once${mode === 'sync' ? '' : ' (async: lost ones are counted)'}, one primary at a time`,
    observed: `${acknowledged} acknowledged: ${lost} lost, ${duplicated} duplicated, ${unexpected} unexpected, ${recovered} recovered; ${consistency.staleSessionReads} of ${sessionReads} own reads stale; ${consistency.dualPrimaryObservations + consistency.dualCacheObservations} writes on a second primary`,
    ok: zeros.every((count) => count === 0),
    atMs: Math.round(atMs),
  };
}

/** The report of a drill that makes no sense here. */
export function skippedReport(
  { drill, platform, seed, set }: Pick<RunSetting, 'drill' | 'platform' | 'seed' | 'set'>,
  reason: string,
): RunReport {
  const nothing = { p50: null, p95: null, p99: null, max: null };
  return {
    drill: drill.name,
    title: drill.title,
    seed,
    spec: { replicationMode: platform.spec.database.replicationMode, set },
    verdict: 'skipped',
    reason,
    startedAt: new Date().toISOString(),
    steps: [],
    workload: {
      rate: 0,
      sent: 0,
      ok: 0,
      failed: 0,
      retried: 0,
      late: 0,
      operations: {},
      latencyMs: { before: nothing, during: nothing, after: nothing },
    },
    recovery: { firstWriteMs: null, writeGapMs: null, goalMs: drill.goalMs(platform.spec) },
    consistency: {
      ...checkLedgers([], new Map()),
      dualPrimaryObservations: 0,
      dualCacheObservations: 0,
    },
    marks: [],
    series: { bucketMs: 250, ok: [], writes: [], failed: [], p50: [], p99: [], max: [] },
    notTested: [],
  };
}
