import { ApiError } from '../errors.ts';
import type { OnceRequest } from '../http/idempotency.ts';
import type { ListQuery } from '../http/list-query.ts';
import type { Statement } from '../resilience/primary/statements.ts';
import type { Query } from '../resilience/primary/transact.ts';
import { deltaOf, type NewEntry } from './schema.ts';

export interface Entry {
  id: string;
  type: string;
  points: number;
  balance: number;
  reason: string;
  reference: string | null;
  /** The same in both lines of a transfer, else null. */
  transferId: string | null;
  createdAt: string;
}

export interface Booking {
  id: string;
  customerId: string;
  userId: string;
  entry: NewEntry;
}

/** A line of the ledger before it is booked. */
export interface Line {
  id: string;
  customerId: string;
  userId: string;
  type: NewEntry['type'] | 'transfer-out' | 'transfer-in';
  /** What it adds to the balance. */
  delta: number;
  reason: string;
  reference?: string | undefined;
  /** The two lines of a transfer share it. */
  transferId?: string;
}

/**
 * Books points for one customer.
 *
 * @returns the balance after it
 * @throws {ApiError} CUSTOMER_NOT_FOUND, INSUFFICIENT_POINTS, BALANCE_LIMIT
 */
export async function bookPoints(query: Query, { id, customerId, userId, entry }: Booking): Promise<number> {
  const balance = (await lockBalances(query, [customerId])).get(customerId);
  if (balance === undefined) throw new ApiError('CUSTOMER_NOT_FOUND');
  const { type, reason, reference } = entry;
  return bookLine(query, { id, customerId, userId, type, delta: deltaOf(entry), reason, reference }, balance);
}

/**
 * All of a booking under its key as one statement: the balance, the ledger's line and the answer, with the same bytes as the
 * route's own. It does nothing when there is no such customer or the balance does not allow it.
 *
 * The customer's row is locked before the key's index is asked, in {@link bookPoints} after it. Should two requests with one key
 * meet crosswise, the server ends one of them after a second, and it runs again.
 */
export function bookAtOnce(
  { userId, key, hash }: Pick<OnceRequest, 'userId' | 'key' | 'hash'>,
  { id, customerId, entry }: Booking,
): Statement {
  const { type, reason, reference = null } = entry;
  return {
    text: `WITH changed AS (
       UPDATE customers SET balance = balance + $4::bigint, updated_at = now()
        WHERE id = $3::uuid AND deleted_at IS NULL AND balance + $4::bigint BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}
        RETURNING balance
     ), booked AS (
       INSERT INTO point_entries (id, customer_id, balance, type, points, reason, reference, user_id)
       SELECT $5::uuid, $3::uuid, balance, $6::text, $4::bigint, $7::text, $8::text, $1::uuid FROM changed
     )
     INSERT INTO idempotency_keys (user_id, key, request_hash, status, body)
     SELECT $1::uuid, $2::text, $9::bytea, 201, '{"data":{"id":"' || $5::uuid || '","balance":' || balance || '}}' FROM changed
     RETURNING status, body`,
    values: [userId, key, customerId, deltaOf(entry), id, type, reason, reference, hash],
  };
}

/**
 * Locks customers' rows until the transaction ends, always in the order of their ids: two transactions that want the same
 * rows wait for each other, never crosswise.
 *
 * @returns balances by id, without those that do not exist
 */
export async function lockBalances(query: Query, customerIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await query<{ id: string; balance: string }>(
    // PostgreSQL locks the rows after it has sorted them.
    'SELECT id, balance FROM customers WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE',
    [customerIds],
  );
  return new Map(rows.map((row) => [row.id, Number(row.balance)]));
}

/**
 * Changes the balance on the customer's row and writes the ledger's line, together.
 *
 * @param before the balance from {@link lockBalances}
 * @returns the balance after it
 * @throws {ApiError} INSUFFICIENT_POINTS, BALANCE_LIMIT
 */
export async function bookLine(query: Query, line: Line, before: number): Promise<number> {
  const balance = before + line.delta;
  if (balance < 0) {
    throw new ApiError('INSUFFICIENT_POINTS', [{ path: 'points', message: `the balance is ${before}` }]);
  }
  if (!Number.isSafeInteger(balance)) throw new ApiError('BALANCE_LIMIT');
  const { id, customerId, userId, type, delta, reason, reference = null, transferId = null } = line;
  await query(
    `WITH changed AS (UPDATE customers SET balance = $3, updated_at = now() WHERE id = $2)
     INSERT INTO point_entries (id, customer_id, balance, type, points, reason, reference, user_id, transfer_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, customerId, balance, type, delta, reason, reference, userId, transferId],
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
  transfer_id: string | null;
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
         SELECT id, type, points, balance, reason, reference, transfer_id, created_at, sequence
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

function toEntry(id: string, row: LedgerRow): Entry {
  const { type, points, balance, reason, reference, transfer_id, created_at } = row;
  return {
    id,
    type,
    points: Number(points),
    balance: Number(balance),
    reason,
    reference,
    transferId: transfer_id,
    createdAt: created_at.toISOString(),
  };
}
