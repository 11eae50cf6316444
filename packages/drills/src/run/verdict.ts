import type { Consistency, RunReport } from '../report/types.ts';
import { inSeconds } from './drill.ts';

/** What must be zero in any mode, and how it is called in a verdict. */
const DAMAGE: [keyof Consistency, string][] = [
  ['duplicated', 'writes applied more than once'],
  ['unexpected', 'ledger lines that nobody asked for'],
  ['staleSessionReads', 'sessions that did not see their own write'],
  ['negativeBalances', 'balances below zero'],
  ['balanceMismatches', 'balances that are not their ledger'],
  ['dualPrimaryObservations', 'writes taken by a second primary'],
  ['dualCacheObservations', 'writes taken by a second Redis master'],
];

type Judged = Pick<RunReport, 'steps' | 'workload' | 'recovery' | 'consistency' | 'spec'>;

/**
 * Why a run fails, in one line; undefined when it passes. Pure.
 *
 * In async mode lost writes are the price of that mode and are reported, not judged. A run that acknowledged nothing or read
 * nothing back has shown nothing.
 */
export function failure({ steps, workload, recovery, consistency, spec }: Judged): string | undefined {
  const reasons: string[] = [];
  if (consistency.lost > 0 && spec.replicationMode === 'sync') {
    reasons.push(`${consistency.lost} acknowledged writes lost`);
  }
  for (const [key, words] of DAMAGE) if (Number(consistency[key]) > 0) reasons.push(`${consistency[key]} ${words}`);
  for (const step of steps) if (!step.ok) reasons.push(`${step.name}: ${step.observed}`);
  if (workload.failed > 0) reasons.push(`${workload.failed} requests failed`);
  const { writeGapMs, goalMs } = recovery;
  if (writeGapMs === null) reasons.push('no write was acknowledged after the fault');
  else if (writeGapMs > goalMs) reasons.push(`no write for ${inSeconds(writeGapMs)}, goal ${inSeconds(goalMs)}`);
  if (consistency.acknowledged === 0) reasons.push('no write was acknowledged at all');
  if (consistency.sessionReads === 0) reasons.push('no session read its own write');
  return reasons.length > 0 ? reasons.join('; ') : undefined;
}
