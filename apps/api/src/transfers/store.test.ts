import { describe, expect, it } from 'vitest';
import { ApiError } from '../errors.ts';
import type { Query } from '../resilience/primary/transact.ts';
import { transferPoints } from './store.ts';

const low = '0b5bd5c8-6a4f-4b0e-9a65-3a1f3f3c1c01';
const high = '7d0f2c35-5a3b-4f58-8a54-1d8d0c6e2b02';

/** Customers as a database has them, and what is written to the ledger. */
function fakeLedger(balances: Record<string, string>): { query: Query; statements: string[]; lines: unknown[][] } {
  const statements: string[] = [];
  const lines: unknown[][] = [];
  const query: Query = async <R extends object>(text: string, values: readonly unknown[] = []) => {
    statements.push(text);
    if (text.includes('INSERT INTO point_entries')) lines.push([...values]);
    const wanted = Array.isArray(values[0]) ? (values[0] as string[]) : [];
    return wanted
      .filter((id) => id in balances)
      .map((id) => ({ id, balance: balances[id] }))
      .sort((x, y) => (x.id < y.id ? -1 : 1)) as object[] as R[];
  };
  return { query, statements, lines };
}

const move = (query: Query, fields: object = {}) =>
  transferPoints(query, {
    id: 'the-transfer',
    userId: 'the-user',
    transfer: { from: high, to: low, points: 5, reason: 'gift', reference: 'order 1', ...fields },
  });

async function refusal(balances: Record<string, string>): Promise<unknown> {
  const { query, lines } = fakeLedger(balances);
  const error = await move(query).catch((thrown: unknown) => thrown);
  if (!(error instanceof ApiError)) throw error;
  return { code: error.code, details: error.details, lines: lines.length };
}

describe('transferPoints', () => {
  it('books two lines that share id, reason and reference', async () => {
    const { query, lines } = fakeLedger({ [low]: '1', [high]: '10' });
    const { id, from, to } = await move(query);
    expect([id, from.balance, to.balance]).toEqual(['the-transfer', 5, 6]);
    expect(lines).toEqual([
      [from.entryId, high, 5, 'transfer-out', -5, 'gift', 'order 1', 'the-user', 'the-transfer'],
      [to.entryId, low, 6, 'transfer-in', 5, 'gift', 'order 1', 'the-user', 'the-transfer'],
    ]);
  });

  it('locks both rows in the order of their ids before it writes', async () => {
    const { query, statements } = fakeLedger({ [low]: '1', [high]: '10' });
    await move(query);
    expect(statements).toHaveLength(3);
    expect(statements[0]).toMatch(/ORDER BY id FOR NO KEY UPDATE$/);
  });

  it('takes the last point, and not one more', async () => {
    expect((await move(fakeLedger({ [low]: '0', [high]: '5' }).query)).from.balance).toBe(0);
    expect(await refusal({ [low]: '0', [high]: '4' })).toEqual({
      code: 'INSUFFICIENT_POINTS',
      details: [{ path: 'points', message: 'the balance is 4' }],
      lines: 0,
    });
  });

  it.each([
    [{ [low]: '0' }, ['from']],
    [{ [high]: '9' }, ['to']],
    [{}, ['from', 'to']],
  ])('says who is missing from %j', async (balances, paths) => {
    expect(await refusal(balances)).toEqual({
      code: 'CUSTOMER_NOT_FOUND',
      details: paths.map((path) => ({ path, message: 'is no customer, or a deleted one' })),
      lines: 0,
    });
  });

  it('keeps the receiver within the limit', async () => {
    // The line before it is rolled back with the transaction.
    expect(await refusal({ [low]: '9007199254740990', [high]: '9' })).toMatchObject({ code: 'BALANCE_LIMIT' });
  });
});
