import type { Consistency } from '@sbmcrm/report';

/** The part of {@link Consistency} that history and ledgers tell. */
export type LedgerVerdict = Omit<
  Consistency,
  'checked' | 'lagBoundMs' | 'dualPrimaryObservations' | 'dualCacheObservations'
>;

/** Counts that are damage when they are not zero, each with examples in words. */
export type Damage = Exclude<keyof LedgerVerdict, 'acknowledged' | 'recovered' | 'sessionReads' | 'findings'>;
export type Found = (damage: Damage, example: string) => void;

/** Examples in words for each kind of damage: enough to begin looking. */
const EXAMPLES = 5;

/** A verdict without damage. */
export function noDamage(): LedgerVerdict {
  return {
    acknowledged: 0,
    lost: 0,
    lostBeyondLag: 0,
    duplicated: 0,
    unexpected: 0,
    recovered: 0,
    staleSessionReads: 0,
    sessionReads: 0,
    negativeBalances: 0,
    balanceMismatches: 0,
    wrongBalances: 0,
    outOfOrder: 0,
    wrongRefusals: 0,
    findings: [],
  };
}

/** Counts a damage, and keeps the first few in words. */
export function findings(verdict: LedgerVerdict): Found {
  return (damage, example) => {
    verdict[damage]++;
    if (verdict[damage] <= EXAMPLES) verdict.findings.push(`${damage}: ${example}`);
  };
}
