import { voidLoad } from '@sbmcrm/load';
import type { Consistency, RunReport, Verdict } from '@sbmcrm/report';
import { inSeconds } from '../drill.ts';

/** What must be zero in any mode, and how it is called in a verdict. */
const DAMAGE: [keyof Consistency, string][] = [
  ['duplicated', 'writes applied more than once'],
  ['unexpected', 'ledger lines that nobody asked for'],
  ['staleSessionReads', 'sessions that did not see their own write'],
  ['negativeBalances', 'balances below zero'],
  ['balanceMismatches', 'balances that are not their ledger'],
  ['wrongBalances', 'answers with another balance than the ledger'],
  ['outOfOrder', 'ledger lines out of order'],
  ['wrongRefusals', 'refusals though there were enough points'],
  ['dualPrimaryObservations', 'writes taken by a second primary'],
  ['dualCacheObservations', 'writes taken by a second Redis master'],
];

export type Judged = Pick<RunReport, 'steps' | 'workload' | 'recovery' | 'consistency' | 'spec'>;

export interface JudgeOptions {
  /** What broke the run itself, in one line each. */
  problems?: readonly string[];
  /** An overload run: early refusals are what it is about. */
  mayRefuse?: boolean;
  /** Why the watch for second primaries saw too little, in one line each. */
  blind?: readonly string[];
}

/**
 * The verdict of a run: pure. Damage and what clients missed fail it; a starved load or a blind watch voids a run that would
 * pass, and one that fails only by figures that such an instrument spoils.
 *
 * In async mode a write that the standby may not have had yet may be lost with the primary: it is reported, not judged. A run
 * that acknowledged nothing or read nothing back has shown nothing.
 */
export function judge(run: Judged, options: JudgeOptions = {}): { verdict: Verdict; reason?: string } {
  const damage = damageOf(run);
  if (damage.length > 0) return { verdict: 'fail', reason: [...damage, ...missed(run, options)].join('; ') };
  const blind = blindness(run, options);
  if (blind.length > 0) return { verdict: 'void', reason: blind.join('; ') };
  const reasons = missed(run, options);
  return reasons.length > 0 ? { verdict: 'fail', reason: reasons.join('; ') } : { verdict: 'pass' };
}

/** What the platform did wrong to data. */
function damageOf({ consistency, spec }: Judged): string[] {
  const reasons: string[] = [];
  const { lost, lostBeyondLag, lagBoundMs } = consistency;
  if (spec.replicationMode === 'sync') {
    if (lost > 0) reasons.push(`${lost} acknowledged writes lost`);
  } else if (lostBeyondLag > 0) {
    const bound = lagBoundMs > 0 ? ` (the standby lagged at most ${lagBoundMs} ms)` : '';
    reasons.push(`${lostBeyondLag} acknowledged writes lost that asynchronous replication does not excuse${bound}`);
  }
  for (const [key, words] of DAMAGE) if (Number(consistency[key]) > 0) reasons.push(`${consistency[key]} ${words}`);
  return reasons;
}

/** Why the instrument cannot be trusted. */
function blindness({ workload }: Judged, { blind = [] }: JudgeOptions): string[] {
  const late = voidLoad(workload);
  return [...(late ? [late] : []), ...blind];
}

/** What clients missed, and what else must hold. */
function missed({ steps, workload, recovery, consistency }: Judged, options: JudgeOptions): string[] {
  const reasons = [...(options.problems ?? [])];
  for (const step of steps) if (!step.ok) reasons.push(`${step.name}: ${step.observed}`);
  if (workload.failed > 0) reasons.push(`${workload.failed} requests failed${howThey('failed', workload.ends)}`);
  if (workload.refused > 0 && !options.mayRefuse) {
    reasons.push(`${workload.refused} requests refused${howThey('refused', workload.ends)}`);
  }
  const { firstWriteMs, writeGapMs, writeGapEnded, goalMs, healMs, calmMs, calmGoalMs, calmLimitMs } = recovery;
  if (firstWriteMs === null) reasons.push('no write was acknowledged after the fault');
  else if (!writeGapEnded) reasons.push(`writes were away at the end, for ${inSeconds(writeGapMs ?? 0)}`);
  if (writeGapMs !== null && firstWriteMs !== null && writeGapMs > goalMs) {
    reasons.push(`no write for ${inSeconds(writeGapMs)}, goal ${inSeconds(goalMs)}`);
  }
  if (healMs !== null && (calmMs === null || calmMs > calmGoalMs)) {
    const took = calmMs === null ? 'not at all' : `after ${inSeconds(calmMs)}`;
    reasons.push(
      `requests were not as fast as before ${inSeconds(calmGoalMs)} after healing (${took}; p99 ≤ ${Math.round(calmLimitMs ?? 0)} ms)`,
    );
  }
  if (!consistency.checked) reasons.push('the ledgers could not be read: nothing is known of writes');
  else {
    if (consistency.acknowledged === 0) reasons.push('no write was acknowledged at all');
    if (consistency.sessionReads === 0) reasons.push('no session read its own write');
  }
  return reasons;
}

/** In brackets how requests of an outcome ended: ` (503 OVERLOADED 30, no answer 2)`; empty when it is not known. */
function howThey(outcome: 'failed' | 'refused', ends: Record<string, number> = {}): string {
  const ways = Object.entries(ends).flatMap(([end, count]) =>
    end.startsWith(`${outcome} `) ? [`${end.slice(outcome.length + 1)} ${count}`] : [],
  );
  return ways.length > 0 ? ` (${ways.join(', ')})` : '';
}
