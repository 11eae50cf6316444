import { randomUUID } from 'node:crypto';
import { ApiError } from '../errors.ts';
import { bookLine, lockBalances } from '../points/store.ts';
import type { Query } from '../resilience/primary/transact.ts';
import type { NewTransfer } from './schema.ts';

export interface Transfer {
  id: string;
  userId: string;
  transfer: NewTransfer;
}

/** One side of a transfer: its line of the ledger, and the balance after it. */
export interface Side {
  entryId: string;
  balance: number;
}

/**
 * Books a transfer: what leaves one customer reaches the other, or nothing happens. Both rows are locked first, so that
 * opposite transfers wait for each other and none meets a deadlock.
 *
 * @throws {ApiError} CUSTOMER_NOT_FOUND (its details name `from` or `to`), INSUFFICIENT_POINTS, BALANCE_LIMIT
 */
export async function transferPoints(
  query: Query,
  { id, userId, transfer }: Transfer,
): Promise<{ id: string; from: Side; to: Side }> {
  const { from, to, points, reason, reference } = transfer;
  const balances = await lockBalances(query, [from, to]);
  const missing = Object.entries({ from, to }).filter(([, customerId]) => !balances.has(customerId));
  if (missing.length > 0) {
    const message = 'is no customer, or a deleted one';
    throw new ApiError(
      'CUSTOMER_NOT_FOUND',
      missing.map(([path]) => ({ path, message })),
    );
  }
  const book = async (customerId: string, type: 'transfer-out' | 'transfer-in', delta: number): Promise<Side> => {
    const line = { id: randomUUID(), customerId, userId, type, delta, reason, reference, transferId: id };
    return { entryId: line.id, balance: await bookLine(query, line, balances.get(customerId) ?? 0) };
  };
  return { id, from: await book(from, 'transfer-out', -points), to: await book(to, 'transfer-in', points) };
}
