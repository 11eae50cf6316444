import { count, type Gap, NONE, rpo, seconds, type Tone, UNKNOWN } from './format.ts';
import type { Consistency, RunReport } from './types.ts';

export interface Figure {
  /** What it is of; the terminal leaves out what has a column there. */
  key: string;
  name: string;
  value: string;
  tone: Tone;
  /** What it counts, in words. */
  meaning: string;
}

type Count = Exclude<keyof Consistency, 'checked' | 'findings'>;

/** Damage in the order of weight. `observed`: known also when the ledgers could not be read. */
const DAMAGE: { key: Count; name: string; meaning: string; observed?: true }[] = [
  { key: 'duplicated', name: 'Duplicated', meaning: 'applied more than once' },
  { key: 'unexpected', name: 'Unexpected', meaning: 'in the ledger but never sent, refused, or not as sent' },
  {
    key: 'dualPrimaryObservations',
    name: 'Dual primaries',
    meaning: 'writes taken by a database while a later one was primary',
    observed: true,
  },
  { key: 'dualCacheObservations', name: 'Dual cache masters', meaning: 'the same for Redis', observed: true },
  { key: 'negativeBalances', name: 'Negative balances', meaning: 'ledger lines below zero' },
  { key: 'balanceMismatches', name: 'Balance mismatches', meaning: 'balances that are not the sum of their ledger' },
  {
    key: 'wrongBalances',
    name: 'Wrong balances',
    meaning: "answers that named another balance than the ledger's line",
  },
  {
    key: 'outOfOrder',
    name: 'Out of order',
    meaning: 'ledger lines before one that was acknowledged before they were asked for',
  },
  {
    key: 'wrongRefusals',
    name: 'Wrong refusals',
    meaning: 'refused for want of points, though there were enough all the time',
  },
];

/** The consistency of a run in the order of weight. Zeros are good only where there was something to find. */
export function consistencyFigures(run: RunReport): Figure[] {
  const { consistency: found } = run;
  const damage = DAMAGE.map(({ observed, ...names }): Figure => {
    const value = found[names.key];
    const known = { value: count(value), tone: damageTone(run, value, found.acknowledged) };
    return { ...names, ...(observed ? known : ofWrites(run, value, found.acknowledged)) };
  });
  const stale = ofWrites(run, found.staleSessionReads, found.sessionReads);
  return [
    ...lostFigures(run),
    ...damage,
    {
      key: 'staleSessionReads',
      name: 'Stale session reads',
      value: `${stale.value} of ${count(found.sessionReads)}`,
      tone: stale.tone,
      meaning: "reads that did not show the session's own last write",
    },
    {
      key: 'recovered',
      name: 'Recovered',
      value: found.checked ? count(found.recovered) : UNKNOWN,
      tone: found.checked ? 'plain' : 'notice',
      meaning: 'outcome unknown to the client, found applied once',
    },
    {
      key: 'acknowledged',
      name: 'Acknowledged',
      value: count(found.acknowledged),
      tone: 'plain',
      meaning: found.checked ? 'writes that were checked' : 'writes; the ledgers could not be read to check them',
    },
  ];
}

/** What is lost, and in async mode whether the standby's lag excuses it. */
function lostFigures(run: RunReport): Figure[] {
  const { consistency: found, spec } = run;
  const lag = seconds(found.lagBoundMs);
  if (rpo(run) > 0) {
    const meaning = `acknowledged and gone: not yet on the standby, which may be ${lag} behind`;
    return [{ key: 'lost', name: 'Lost (RPO)', value: count(found.lost), tone: 'notice', meaning }];
  }
  const lost = ofWrites(run, found.lost, found.acknowledged);
  const figure: Figure = { key: 'lost', name: 'Lost', ...lost, meaning: 'acknowledged and gone' };
  if (spec.replicationMode === 'sync' || !found.checked || found.lostBeyondLag === 0) return [figure];
  return [
    figure,
    {
      key: 'lostBeyondLag',
      name: 'Lost beyond lag',
      value: count(found.lostBeyondLag),
      tone: 'bad',
      meaning: `those that no lag excuses; the standby may be ${lag} behind`,
    },
  ];
}

/** A count of damage that only the ledgers tell: unknown when they could not be read. @param looked how much there was to find */
export function ofWrites(run: RunReport, value: number, looked: number): Pick<Figure, 'value' | 'tone'> {
  if (!run.consistency.checked) return { value: UNKNOWN, tone: 'notice' };
  return { value: count(value), tone: damageTone(run, value, looked) };
}

function damageTone(run: RunReport, value: number, looked: number): Tone {
  if (value > 0) return 'bad';
  return looked > 0 ? good(run) : 'plain';
}

/** The tone of a good figure: a void run shows nothing good. */
export function good({ verdict }: RunReport): Tone {
  return verdict === 'void' ? 'plain' : 'good';
}

/** The pause in writes against its goal. */
export function gapTone(run: RunReport, gap: Gap | undefined): Tone {
  if (gap === undefined) return 'plain';
  return gap.ended && gap.ms <= run.recovery.goalMs ? good(run) : 'bad';
}

export function zeroTone(run: RunReport, value: number): Tone {
  return value === 0 ? good(run) : 'bad';
}

/** Early refusals belong to some drills, so they are no damage by themselves. */
export function refusedTone(value: number): Tone {
  return value === 0 ? 'plain' : 'notice';
}

/** A time after the fault, or a dash where the run has none. */
export function afterFault(ms: number | undefined): string {
  return ms === undefined ? NONE : seconds(ms);
}
