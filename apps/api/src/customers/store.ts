import type { ListQuery } from '../http/list-query.ts';
import type { Query, Transaction } from '../resilience/primary/transact.ts';
import type { CustomerFilter, CustomerPatch, CustomerSort, NewCustomer } from './schema.ts';

export interface Customer {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
  tier: string;
  tags: string[];
  profile: Record<string, unknown>;
  balance: number;
  createdAt: string;
  updatedAt: string;
}

interface CustomerRow extends Record<string, unknown> {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
  tier: string;
  tags: string[];
  profile: Record<string, unknown>;
  /** A bigint comes as text; a constraint keeps it within JavaScript's whole numbers. */
  balance: string;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'id, name, email, phone, tier, tags, profile, balance, created_at, updated_at';

const SORT_COLUMNS: Readonly<Record<CustomerSort, string>> = {
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  name: 'name',
  email: 'email',
  tier: 'tier',
  balance: 'balance',
};

const FILTER_CONDITIONS: Readonly<Record<CustomerFilter, (parameter: string) => string>> = {
  name: (parameter) => `name = ${parameter}`,
  email: (parameter) => `lower(email) = lower(${parameter})`,
  phone: (parameter) => `phone = ${parameter}`,
  tier: (parameter) => `tier = ${parameter}`,
  tags: (parameter) => `tags @> ARRAY[${parameter}::text]`,
};

export async function insertCustomer(query: Query, id: string, customer: NewCustomer): Promise<Customer> {
  const [row] = await query<CustomerRow>(
    `INSERT INTO customers (id, name, email, phone, tier, tags, profile)
     VALUES ($1, $2, $3, $4, coalesce($5, 'standard'), $6, $7) RETURNING ${COLUMNS}`,
    [
      id,
      customer.name,
      customer.email ?? null,
      customer.phone ?? null,
      customer.tier ?? null,
      customer.tags ?? [],
      JSON.stringify(customer.profile ?? {}),
    ],
  );
  if (!row) throw new Error('INSERT returned no row');
  return toCustomer(row);
}

export async function findCustomer(query: Query, id: string): Promise<Customer | undefined> {
  const [row] = await query<CustomerRow>(`SELECT ${COLUMNS} FROM customers WHERE id = $1 AND deleted_at IS NULL`, [id]);
  return row && toCustomer(row);
}

/** One page, and how many there are in all. */
export async function listCustomers(
  query: Query,
  { filter, sort, limit, offset }: ListQuery<CustomerSort, CustomerFilter>,
): Promise<{ customers: Customer[]; total: number }> {
  const wanted = Object.entries(filter) as [CustomerFilter, string][];
  const values = wanted.map(([, value]) => value);
  const where = [
    'deleted_at IS NULL',
    ...wanted.map(([field], index) => FILTER_CONDITIONS[field](`$${index + 1}`)),
  ].join(' AND ');
  const [count] = await query<{ total: string }>(`SELECT count(*) AS total FROM customers WHERE ${where}`, values);
  const rows = await query<CustomerRow>(
    // The id decides between equals, so that no customer is on two pages.
    `SELECT ${COLUMNS} FROM customers WHERE ${where}
      ORDER BY ${SORT_COLUMNS[sort.field]} ${sort.direction === 'desc' ? 'DESC NULLS LAST' : 'ASC NULLS LAST'}, id
      LIMIT ${limit} OFFSET ${offset}`,
    values,
  );
  return { customers: rows.map(toCustomer), total: Number(count?.total ?? 0) };
}

/** Replaces the given fields; `profile` as a whole. */
export async function updateCustomer(query: Query, id: string, patch: CustomerPatch): Promise<Customer | undefined> {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  // The names come from the schema, never from the request.
  const assignments = given.map(([field], index) => `${field} = $${index + 2}`);
  const values = given.map(([field, value]) => (field === 'profile' ? JSON.stringify(value) : value));
  const [row] = await query<CustomerRow>(
    `UPDATE customers SET ${[...assignments, 'updated_at = now()'].join(', ')}
      WHERE id = $1 AND deleted_at IS NULL RETURNING ${COLUMNS}`,
    [id, ...values],
  );
  return row && toCustomer(row);
}

/** Hides a customer; the ledger keeps what was booked. */
export async function deleteCustomer({ query, rerun }: Transaction, id: string): Promise<boolean> {
  const rows = await query(
    `UPDATE customers SET deleted_at = coalesce(deleted_at, now())
      WHERE id = $1 AND (deleted_at IS NULL OR $2) RETURNING id`,
    // In a rerun the earlier run may have deleted it.
    [id, rerun],
  );
  return rows.length > 0;
}

function toCustomer(row: CustomerRow): Customer {
  const { created_at, updated_at, balance, ...same } = row;
  return {
    ...same,
    balance: Number(balance),
    createdAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
  };
}
