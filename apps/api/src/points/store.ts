import type { Query } from '../db/primary.ts';
import { ApiError } from '../errors.ts';
import type { ListQuery } from '../http/list-query.ts';
import { deltaOf, type NewEntry } from './schema.ts';

export interface Entry {
  id: string;
  type: string;
  points: number;
  balance: number;
  reason: string;
  reference: string | null;
  createdAt: string;
}

export interface Booking {
  id: string;
  customerId: string;
  userId: string;
  entry: NewEntry;
}

/**
 * Books points: the balance on the customer's row and the ledger's line change together, under the row's lock.
 *
 * @throws {ApiError} CUSTOMER_NOT_FOUND, INSUFFICIENT_POINTS, BALANCE_LIMIT
 */
export async function bookPoints(query: Query, { id, customerId, userId, entry }: Booking): Promise<number> {
  const delta = deltaOf(entry);
  const [customer] = await query<{ balance: string }>(
    'SELECT balance FROM customers WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
    [customerId],
  );
  if (!customer) throw new ApiError('CUSTOMER_NOT_FOUND');
  const balance = Number(customer.balance) + delta;
  if (balance < 0) {
    throw new ApiError('INSUFFICIENT_POINTS', [{ path: 'points', message: `the balance is ${customer.balance}` }]);
  }
  if (!Number.isSafeInteger(balance)) throw new ApiError('BALANCE_LIMIT');
  await query(
    `WITH changed AS (UPDATE customers SET balance = $3, updated_at = now() WHERE id = $2)
     INSERT INTO point_entries (id, customer_id, balance, type, points, reason, reference, user_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, customerId, balance, entry.type, delta, entry.reason, entry.reference ?? null, userId],
  );
  return balance;
}

interface LedgerRow extends Record<string, unknown> {
  total: string;
  current: string;
  id: string | null;
  type: string;
  points: string;
  balance: string;
  reason: string;
  reference: string | null;
  created_at: Date;
}

/** The balance and a page of the ledger, from one snapshot: the newest line's balance is the balance. */
export async function readLedger(
  query: Query,
  customerId: string,
  { limit, offset, sort }: ListQuery<'createdAt', never>,
): Promise<{ balance: number; entries: Entry[]; total: number } | undefined> {
  const rows = await query<LedgerRow>(
    `SELECT c.balance AS current, e.*,
            (SELECT count(*) FROM point_entries WHERE customer_id = c.id) AS total
       FROM customers c
       LEFT JOIN LATERAL (
         SELECT id, type, points, balance, reason, reference, created_at, sequence
           FROM point_entries WHERE customer_id = c.id
          ORDER BY sequence ${sort.direction === 'desc' ? 'DESC' : 'ASC'} LIMIT ${limit} OFFSET ${offset}
       ) e ON true
      WHERE c.id = $1 AND c.deleted_at IS NULL
      ORDER BY e.sequence ${sort.direction === 'desc' ? 'DESC' : 'ASC'}`,
    [customerId],
  );
  const [first] = rows;
  if (!first) return undefined;
  return {
    balance: Number(first.current),
    total: Number(first.total),
    entries: rows.flatMap((row) => (row.id === null ? [] : [toEntry(row.id, row)])),
  };
}

function toEntry(id: string, { type, points, balance, reason, reference, created_at }: LedgerRow): Entry {
  return {
    id,
    type,
    points: Number(points),
    balance: Number(balance),
    reason,
    reference,
    createdAt: created_at.toISOString(),
  };
}
