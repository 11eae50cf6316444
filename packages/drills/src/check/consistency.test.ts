import { describe, expect, it } from 'vitest';
import type { OperationRecord } from '../workload/history.ts';
import { checkLedgers, type LedgerVerdict } from './consistency.ts';
import type { CustomerLedger, LedgerEntry } from './ledger.ts';

const times = { dueMs: 0, sentMs: 0, endMs: 1, attempts: 1, user: 0 };

function earn(n: number, points: number, change: Partial<OperationRecord> = {}): OperationRecord {
  return {
    index: n,
    kind: 'earn',
    customer: 'ann',
    points,
    key: `k${n}`,
    outcome: 'ok',
    entries: [`e${n}`],
    ...times,
    ...change,
  };
}

/** A ledger with running balances. */
function ledger(...lines: [id: string, points: number, reference: string][]): CustomerLedger {
  let balance = 0;
  const entries = lines.map(([id, points, reference]): LedgerEntry => {
    balance += points;
    return { id, points, balance, reference };
  });
  return { balance, entries };
}

const book = (ann: CustomerLedger, bob: CustomerLedger = ledger()) =>
  new Map([
    ['ann', ann],
    ['bob', bob],
  ]);

/** A history without damage: two bookings, a double click, a transfer, a refusal, an unknown that was not applied. */
const history: OperationRecord[] = [
  earn(1, 100),
  earn(2, 50),
  { ...earn(3, 7), kind: 'repeat' },
  { ...earn(4, 30), kind: 'transfer', to: 'bob', entries: ['e4', 'e5'] },
  { ...earn(6, 900), kind: 'redeem', outcome: 'refused', status: 422, entries: [] },
  earn(7, 10, { outcome: 'failed', entries: [] }),
  { index: 8, kind: 'own-read', customer: 'ann', outcome: 'ok', wanted: 'e1', shown: true, ...times },
];
const clean = book(
  ledger(['e1', 100, 'k1'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']),
  ledger(['e5', 30, 'k4']),
);

/** The counts that are not zero. */
function damage(verdict: LedgerVerdict): Record<string, number> {
  const { findings: _, acknowledged: _a, sessionReads: _s, ...counts } = verdict;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

describe('checkLedgers', () => {
  it('finds nothing where nothing is wrong', () => {
    const verdict = checkLedgers(history, clean);
    expect(damage(verdict)).toEqual({});
    expect(verdict).toMatchObject({ acknowledged: 4, sessionReads: 1, findings: [] });
  });

  it('finds a write that was acknowledged and is gone', () => {
    const ledgers = book(ledger(['e1', 100, 'k1'], ['e3', 7, 'k3'], ['e4', -30, 'k4']), clean.get('bob'));
    const verdict = checkLedgers(history, ledgers);
    expect(damage(verdict)).toEqual({ lost: 1 });
    expect(verdict.findings).toEqual(['lost: earn k2: acknowledged and gone']);
  });

  it('finds a write that was applied twice, also where the client was told nothing', () => {
    const twice = (key: string, points: number) => {
      const ann = clean.get('ann') as CustomerLedger;
      const lines = ann.entries.map(
        ({ id, points: p, reference }) => [id, p, reference ?? ''] as [string, number, string],
      );
      return book(ledger(...lines, ['x1', points, key], ['x2', points, key]), clean.get('bob'));
    };
    expect(damage(checkLedgers(history, twice('k7', 10)))).toEqual({ duplicated: 1 });
    expect(damage(checkLedgers(history, twice('k3', 7)))).toEqual({ duplicated: 1 });
  });

  it('finds a double click whose two answers differ', () => {
    const disagreeing = history.map((each) => (each.kind === 'repeat' ? { ...each, entries: ['e3', 'e33'] } : each));
    expect(damage(checkLedgers(disagreeing, clean))).toEqual({ unexpected: 1 });
  });

  it.each([
    ['a line that nobody asked for', ['x', 5, 'stranger']],
    ['a line without a reference', ['x', 5, '']],
    ['a refused write that was applied', ['x', -900, 'k6']],
    ['a line that is not as it was sent', ['x', 11, 'k7']],
  ] as const)('finds %s', (_what, [id, points, reference]) => {
    const ann = ledger(['e1', 100, 'k1'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4'], ['z', 900, 'k0']);
    const withIt = [...ann.entries, { id, points, balance: ann.balance + points, reference: reference || null }];
    const known = [...history, earn(0, 900, { entries: ['z'] })];
    const ledgers = book({ balance: ann.balance + points, entries: withIt }, clean.get('bob'));
    expect(damage(checkLedgers(known, ledgers))).toEqual({ unexpected: 1 });
  });

  it('finds half a transfer', () => {
    const ledgers = book(clean.get('ann') as CustomerLedger, ledger());
    const verdict = checkLedgers(history, ledgers);
    expect(verdict.unexpected).toBeGreaterThan(0);
    expect(verdict.findings.join()).toContain('half of it was applied');
  });

  it('finds an acknowledged write that stands under another id', () => {
    const other = book(
      ledger(['other', 100, 'k1'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']),
      clean.get('bob'),
    );
    expect(checkLedgers(history.slice(0, 6), other).unexpected).toBe(1);
  });

  it('counts an unknown outcome that was applied once as recovered: no damage', () => {
    const ann = ledger(['e1', 100, 'k1'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4'], ['e7', 10, 'k7']);
    expect(damage(checkLedgers(history, book(ann, clean.get('bob'))))).toEqual({ recovered: 1 });
  });

  it('finds a session that does not see its own write; what is gone altogether is lost, not stale', () => {
    const blind = history.map((each) => (each.kind === 'own-read' ? { ...each, shown: false } : each));
    expect(damage(checkLedgers(blind, clean))).toEqual({ staleSessionReads: 1 });
    const gone = book(ledger(['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']), clean.get('bob'));
    expect(damage(checkLedgers(blind, gone))).toEqual({ lost: 1 });
  });

  it('finds balances that are not their ledger, and negative ones', () => {
    const ann = clean.get('ann') as CustomerLedger;
    expect(damage(checkLedgers(history, book({ ...ann, balance: 1 }, clean.get('bob'))))).toEqual({
      balanceMismatches: 1,
    });
    const wrongLine = ann.entries.map((entry, n) => (n === 1 ? { ...entry, balance: 151 } : entry));
    expect(damage(checkLedgers(history, book({ ...ann, entries: wrongLine }, clean.get('bob'))))).toEqual({
      balanceMismatches: 1,
    });
    const below = ledger(['e1', 100, 'k1'], ['e9', -150, 'k9'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']);
    const redeemed = [...history, { ...earn(9, 150), kind: 'redeem' as const }];
    const verdict = checkLedgers(redeemed, book(below, clean.get('bob')));
    expect(verdict.negativeBalances).toBeGreaterThan(0);
  });

  it('tells the first few of each kind in words, and counts all', () => {
    const many = Array.from({ length: 30 }, (_, n) => earn(n, 1));
    const verdict = checkLedgers(many, book(ledger()));
    expect(verdict.lost).toBe(30);
    expect(verdict.findings).toHaveLength(5);
  });
});
