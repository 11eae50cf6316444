import { count, NONE } from './format.ts';
import type { RunReport } from './types.ts';

/** `notice`: to be known, but no failure. */
export type Tone = 'good' | 'bad' | 'notice' | 'plain';

export interface Figure {
  name: string;
  value: string;
  tone: Tone;
  /** What it counts, in words. */
  meaning: string;
}

/** The consistency of a run in the order of weight. Zeros are good only where there was something to find. */
export function consistencyFigures({ consistency: found, spec }: RunReport): Figure[] {
  const tone = (value: number, looked = found.acknowledged): Tone =>
    value > 0 ? 'bad' : looked > 0 ? 'good' : 'plain';
  const damage = (name: string, value: number, meaning: string): Figure => ({
    name,
    value: count(value),
    tone: tone(value),
    meaning,
  });
  const rpo = spec.replicationMode === 'async' && found.lost > 0;
  return [
    rpo
      ? {
          name: 'Lost (RPO)',
          value: count(found.lost),
          tone: 'notice',
          meaning: 'acknowledged and gone: not yet on the standby',
        }
      : damage('Lost', found.lost, 'acknowledged and gone'),
    damage('Duplicated', found.duplicated, 'applied more than once'),
    damage('Unexpected', found.unexpected, 'in the ledger but never sent, refused, or not as sent'),
    {
      name: 'Stale session reads',
      value: `${count(found.staleSessionReads)} of ${count(found.sessionReads)}`,
      tone: tone(found.staleSessionReads, found.sessionReads),
      meaning: "reads that did not show the session's own last write",
    },
    damage('Dual primaries', found.dualPrimaryObservations, 'writes taken by a database while a later one was primary'),
    damage('Dual cache masters', found.dualCacheObservations, 'the same for Redis'),
    damage('Negative balances', found.negativeBalances, 'ledger lines below zero'),
    damage('Balance mismatches', found.balanceMismatches, 'balances that are not the sum of their ledger'),
    {
      name: 'Recovered',
      value: count(found.recovered),
      tone: 'plain',
      meaning: 'outcome unknown to the client, found applied once',
    },
    { name: 'Acknowledged', value: count(found.acknowledged), tone: 'plain', meaning: 'writes that were checked' },
  ];
}

/** The pause in writes against its goal. */
export function gapTone(gapMs: number | undefined, goalMs: number): Tone {
  if (gapMs === undefined) return 'plain';
  return gapMs <= goalMs ? 'good' : 'bad';
}

export function zeroTone(value: number): Tone {
  return value === 0 ? 'good' : 'bad';
}

/** A time after the fault, or a dash where the run has none. */
export function afterFault(ms: number | null | undefined, format: (ms: number) => string): string {
  return ms === undefined ? NONE : format(ms ?? Infinity);
}
