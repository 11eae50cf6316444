import type { OperationRecord } from '@sbmcrm/load';
import { describe, expect, it } from 'vitest';
import { type CheckOptions, checkLedgers } from './consistency.ts';
import type { LedgerVerdict } from './findings.ts';
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
  { ...earn(6, 900), kind: 'redeem', outcome: 'declined', status: 422, entries: [] },
  earn(7, 10, { outcome: 'failed', entries: [] }),
  { index: 8, kind: 'own-read', customer: 'ann', outcome: 'ok', wanted: 'e1', shown: true, ...times },
];
const clean = book(
  ledger(['e1', 100, 'k1'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']),
  ledger(['e5', 30, 'k4']),
);

/** Checks a history whose answers named the balances that the ledgers hold. */
function check(
  operations: readonly OperationRecord[],
  ledgers: ReadonlyMap<string, CustomerLedger>,
  options?: CheckOptions,
): LedgerVerdict {
  const lines = new Map([...ledgers.values()].flatMap(({ entries }) => entries.map((line) => [line.id, line.balance])));
  const answered = operations.map((each) => ({
    ...each,
    ...(each.entries && !each.balances ? { balances: each.entries.map((id) => lines.get(id) ?? 0) } : {}),
  }));
  return checkLedgers(answered, ledgers, options);
}

/** The counts that are not zero. */
function damage(verdict: LedgerVerdict): Record<string, number> {
  const { findings: _, acknowledged: _a, sessionReads: _s, ...counts } = verdict;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

describe('checkLedgers', () => {
  it('finds nothing where nothing is wrong', () => {
    const verdict = check(history, clean);
    expect(damage(verdict)).toEqual({});
    expect(verdict).toMatchObject({ acknowledged: 4, sessionReads: 1, findings: [] });
  });

  it('finds a write that was acknowledged and is gone', () => {
    const ledgers = book(ledger(['e1', 100, 'k1'], ['e3', 7, 'k3'], ['e4', -30, 'k4']), clean.get('bob'));
    const verdict = check(history, ledgers);
    expect(damage(verdict)).toEqual({ lost: 1, lostBeyondLag: 1 });
    expect(verdict.findings).toEqual([
      'lost: earn k2: acknowledged and gone',
      'lostBeyondLag: earn k2: nothing excuses its loss',
    ]);
  });

  it('finds a write that was applied twice, also where the client was told nothing', () => {
    const twice = (key: string, points: number) => {
      const ann = clean.get('ann') as CustomerLedger;
      const lines = ann.entries.map(
        ({ id, points: p, reference }) => [id, p, reference ?? ''] as [string, number, string],
      );
      return book(ledger(...lines, ['x1', points, key], ['x2', points, key]), clean.get('bob'));
    };
    expect(damage(check(history, twice('k7', 10)))).toEqual({ duplicated: 1 });
    expect(damage(check(history, twice('k3', 7)))).toEqual({ duplicated: 1 });
  });

  it('finds a double click whose two answers differ', () => {
    const disagreeing = history.map((each) => (each.kind === 'repeat' ? { ...each, entries: ['e3', 'e33'] } : each));
    expect(damage(check(disagreeing, clean))).toEqual({ unexpected: 1 });
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
    expect(damage(check(known, ledgers))).toEqual({ unexpected: 1 });
  });

  it('finds half a transfer', () => {
    const ledgers = book(clean.get('ann') as CustomerLedger, ledger());
    const verdict = check(history, ledgers);
    expect(verdict.unexpected).toBeGreaterThan(0);
    expect(verdict.findings.join()).toContain('half of it was applied');
  });

  it('finds an acknowledged write that stands under another id', () => {
    const other = book(
      ledger(['other', 100, 'k1'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']),
      clean.get('bob'),
    );
    expect(check(history.slice(0, 6), other).unexpected).toBe(1);
  });

  it('counts an unknown outcome that was applied once as recovered: no damage', () => {
    const ann = ledger(['e1', 100, 'k1'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4'], ['e7', 10, 'k7']);
    expect(damage(check(history, book(ann, clean.get('bob'))))).toEqual({ recovered: 1 });
  });

  it('finds a session that does not see its own write; what is gone altogether is lost, not stale', () => {
    const blind = history.map((each) => (each.kind === 'own-read' ? { ...each, shown: false } : each));
    expect(damage(check(blind, clean))).toEqual({ staleSessionReads: 1 });
    const gone = book(ledger(['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']), clean.get('bob'));
    expect(damage(check(blind, gone))).toEqual({ lost: 1, lostBeyondLag: 1 });
  });

  it('finds balances that are not their ledger, and negative ones', () => {
    const ann = clean.get('ann') as CustomerLedger;
    expect(damage(check(history, book({ ...ann, balance: 1 }, clean.get('bob'))))).toEqual({
      balanceMismatches: 1,
    });
    const wrongLine = ann.entries.map((entry, n) => (n === 1 ? { ...entry, balance: 151 } : entry));
    expect(damage(check(history, book({ ...ann, entries: wrongLine }, clean.get('bob'))))).toEqual({
      balanceMismatches: 1,
    });
    const below = ledger(['e1', 100, 'k1'], ['e9', -150, 'k9'], ['e2', 50, 'k2'], ['e3', 7, 'k3'], ['e4', -30, 'k4']);
    const redeemed = [...history, { ...earn(9, 150), kind: 'redeem' as const }];
    const verdict = check(redeemed, book(below, clean.get('bob')));
    expect(verdict.negativeBalances).toBeGreaterThan(0);
  });

  it('tells the first few of each kind in words, and counts all', () => {
    const many = Array.from({ length: 30 }, (_, n) => earn(n, 1));
    const verdict = check(many, book(ledger()));
    expect(verdict.lost).toBe(30);
    expect(verdict.findings).toHaveLength(10);
  });

  it('excuses in async mode what the lost primary acknowledged shortly before the fault, and nothing else', () => {
    const excuse = { faultMs: 10_000, effectMs: 10_300, lagBoundMs: 500 };
    const at = (n: number, endMs: number) => earn(n, 1, { sentMs: endMs - 10, endMs });
    const lost = [at(1, 9400), at(2, 9600), at(3, 10_200), at(4, 10_400)];
    expect(damage(check(lost, book(ledger()), { excuse }))).toEqual({ lost: 4, lostBeyondLag: 2 });
    // Nobody took over: the only database there was has lost them.
    expect(damage(check(lost, book(ledger())))).toEqual({ lost: 4, lostBeyondLag: 4 });
  });

  it('takes a double click for acknowledged when one of its answers says so', () => {
    const half = earn(1, 5, { kind: 'repeat', outcome: 'failed', acknowledged: true });
    expect(damage(check([half], book(ledger())))).toEqual({ lost: 1, lostBeyondLag: 1 });
    expect(check([half], book(ledger(['e1', 5, 'k1'])))).toMatchObject({ acknowledged: 1, recovered: 0 });
  });

  it('finds an answer that names another balance than the ledger', () => {
    const wrong = [earn(1, 100, { balances: [101] }), earn(2, 50)];
    expect(damage(check(wrong, book(ledger(['e1', 100, 'k1'], ['e2', 50, 'k2']))))).toEqual({ wrongBalances: 1 });
    const transfer = earn(3, 1, { kind: 'transfer', to: 'bob', entries: ['e3', 'e4'], balances: [149, 2] });
    const ledgers = book(ledger(['e1', 100, 'k1'], ['e2', 50, 'k2'], ['e3', -1, 'k3']), ledger(['e4', 1, 'k3']));
    expect(damage(check([earn(1, 100), earn(2, 50), transfer], ledgers))).toEqual({ wrongBalances: 1 });
  });

  it('finds a line that stands after one which was asked for only later', () => {
    const first = earn(1, 100, { sentMs: 0, endMs: 10 });
    const second = earn(2, 50, { sentMs: 20, endMs: 30 });
    const meanwhile = earn(3, 7, { sentMs: 5, endMs: 25 });
    const lines = { 1: ['e1', 100, 'k1'], 2: ['e2', 50, 'k2'], 3: ['e3', 7, 'k3'] } as const;
    const order = (...ns: (1 | 2 | 3)[]) => book(ledger(...ns.map((n) => [...lines[n]] as [string, number, string])));
    expect(damage(check([first, second, meanwhile], order(1, 3, 2)))).toEqual({});
    expect(damage(check([first, second, meanwhile], order(1, 2, 3)))).toEqual({});
    expect(damage(check([first, second, meanwhile], order(2, 1, 3)))).toEqual({ outOfOrder: 1 });
  });

  it('judges a refusal by every balance that there may have been between question and answer', () => {
    const rich = earn(1, 100, { sentMs: 0, endMs: 10 });
    const poor = earn(2, 90, { kind: 'redeem', sentMs: 50, endMs: 60 });
    const ledgers = book(ledger(['e1', 100, 'k1'], ['e2', -90, 'k2']));
    const refusal = (sentMs: number, endMs: number) =>
      earn(3, 50, { kind: 'redeem', outcome: 'declined', entries: [], sentMs, endMs });
    const judged = (sentMs: number, endMs: number) => damage(check([rich, poor, refusal(sentMs, endMs)], ledgers));
    expect(judged(5, 20)).toEqual({}); // before the points came, perhaps
    expect(judged(20, 40)).toEqual({ wrongRefusals: 1 });
    expect(judged(20, 55)).toEqual({}); // after they were spent, perhaps
    expect(judged(70, 80)).toEqual({});
  });

  it('does not judge refusals of a customer whose ledger lacks lines', () => {
    const gone = earn(1, 90, { kind: 'redeem', outcome: 'failed', entries: [], sentMs: 0, endMs: 10 });
    const refusal = earn(3, 50, { kind: 'redeem', outcome: 'declined', entries: [], sentMs: 20, endMs: 30 });
    const rich = earn(2, 100, { sentMs: -20, endMs: -10 });
    expect(damage(check([rich, gone, refusal], book(ledger(['e2', 100, 'k2']))))).toEqual({});
  });

  it('allows a refusal of a request that was sent twice to have been done the first time', () => {
    const done = book(ledger(['e1', 5, 'k1']));
    const refused = (attempts: number) => [earn(1, 5, { outcome: 'refused', entries: [], attempts })];
    expect(damage(check(refused(2), done))).toEqual({ recovered: 1 });
    expect(damage(check(refused(1), done))).toEqual({ unexpected: 1 });
  });

  it('knows lines of a run whose history was cut, by their keys', () => {
    const ledgers = book(ledger(['e1', 5, 'run-7']));
    expect(damage(check([], ledgers, { incompleteRun: 'run' }))).toEqual({ recovered: 1 });
    expect(damage(check([], ledgers, { incompleteRun: 'other' }))).toEqual({ unexpected: 1 });
  });
});
