import type { Consistency, RunReport, Step } from '@sbmcrm/report';
import { noDamage } from '../../check/findings.ts';
import type { RunSetting } from '../setting.ts';

/** What no drill on one machine can show. */
export const NOT_TESTED = [
  'power loss (the page cache of the machine survives)',
  'distance between zones (they share one machine and its clock)',
  'the cloud vendor’s own services',
];

/** Of a platform that nobody watches. */
export const ALERTS_NOT_TESTED = 'alerts: nothing watches this platform (monitoring.enabled)';

/** The guide's last step. In async mode lost writes that the lag excuses are told and not judged. */
export function consistencyStep(consistency: Consistency, mode: 'async' | 'sync', atMs: number): Step {
  const { acknowledged, lost, lostBeyondLag, duplicated, unexpected, recovered, sessionReads } = consistency;
  const zeros = [
    duplicated,
    unexpected,
    consistency.staleSessionReads,
    consistency.negativeBalances,
    consistency.balanceMismatches,
    consistency.wrongBalances,
    consistency.outOfOrder,
    consistency.wrongRefusals,
    consistency.dualPrimaryObservations,
    consistency.dualCacheObservations,
    mode === 'sync' ? lost : lostBeyondLag,
  ];
  const seconds = consistency.dualPrimaryObservations + consistency.dualCacheObservations;
  const figures = `${acknowledged} acknowledged: ${lost} lost, ${duplicated} duplicated, ${unexpected} unexpected, ${recovered} recovered; ${consistency.staleSessionReads} of ${sessionReads} own reads stale; ${seconds} writes on a second primary`;
  return {
    name: 'Check data consistency',
    expected: `every acknowledged write is there once${mode === 'sync' ? '' : ' (async: those that the standby had not yet are counted)'}, every answer is what the ledger says, one primary at a time`,
    observed: consistency.checked ? figures : 'the ledgers could not be read',
    ok: consistency.checked && zeros.every((count) => count === 0),
    atMs: Math.round(atMs),
  };
}

/** The report of a drill that did not take place. */
export function emptyReport(
  { drill, platform, seed, set }: Pick<RunSetting, 'drill' | 'platform' | 'seed' | 'set'>,
  verdict: 'skipped' | 'void',
  reason: string,
): RunReport {
  const nothing = { p50: null, p95: null, p99: null, max: null };
  return {
    drill: drill.name,
    title: drill.title,
    seed,
    spec: { replicationMode: platform.spec.database.replicationMode, set },
    verdict,
    reason,
    startedAt: new Date().toISOString(),
    steps: [],
    workload: {
      rate: 0,
      sent: 0,
      ok: 0,
      refused: 0,
      failed: 0,
      retried: 0,
      late: 0,
      operations: {},
      latencyMs: { before: nothing, inFlight: nothing, during: nothing, after: nothing },
    },
    recovery: {
      firstWriteMs: null,
      writeGapMs: null,
      writeGapEnded: true,
      goalMs: drill.goalMs(platform.spec),
      healMs: null,
      calmMs: null,
      calmGoalMs: 0,
      calmLimitMs: null,
    },
    consistency: {
      ...noDamage(),
      checked: false,
      lagBoundMs: 0,
      dualPrimaryObservations: 0,
      dualCacheObservations: 0,
    },
    watched: [],
    marks: [],
    series: { bucketMs: 250, ok: [], writes: [], failed: [], p50: [], p99: [], max: [] },
    notTested: [],
  };
}
