import type { Query } from '../resilience/primary/transact.ts';
import type { Days } from './schema.ts';

/** Sums of the ledger's lines, by the type of the line; what was redeemed and sent is negative, as in the ledger. */
export interface Booked {
  entries: number;
  earned: number;
  redeemed: number;
  adjusted: number;
  sent: number;
  received: number;
}

export interface Summary extends Days, Booked {
  customers: number;
  /** What all customers have together. */
  balance: number;
}

type BookedRow = Record<keyof Booked, string>;

const sumOf = (type: string) => `coalesce(sum(points) FILTER (WHERE type = '${type}'), 0)`;
const BOOKED = `count(*) AS entries, ${sumOf('earn')} AS earned, ${sumOf('redeem')} AS redeemed, ${sumOf('adjust')} AS adjusted,
  ${sumOf('transfer-out')} AS sent, ${sumOf('transfer-in')} AS received`;
/** `$1` and `$2` are the first and the last day. */
const IN_PERIOD = `created_at >= $1::date::timestamp AT TIME ZONE 'UTC'
  AND created_at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC'`;

export async function summarize(query: Query, { from, to }: Days): Promise<Summary> {
  const [totals] = await query<{ customers: string; balance: string }>(
    'SELECT count(*) AS customers, coalesce(sum(balance), 0) AS balance FROM customers WHERE deleted_at IS NULL',
  );
  const [booked] = await query<BookedRow>(`SELECT ${BOOKED} FROM point_entries WHERE ${IN_PERIOD}`, [from, to]);
  if (!totals || !booked) throw new Error('an aggregate returned no row');
  return { from, to, customers: Number(totals.customers), balance: Number(totals.balance), ...toBooked(booked) };
}

/** Days without a line are left out. */
export async function pointsByDay(query: Query, { from, to }: Days): Promise<(Booked & { day: string })[]> {
  const rows = await query<BookedRow & { day: string }>(
    `SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, ${BOOKED}
       FROM point_entries WHERE ${IN_PERIOD} GROUP BY 1 ORDER BY 1`,
    [from, to],
  );
  return rows.map((row) => ({ day: row.day, ...toBooked(row) }));
}

export interface Tier {
  tier: string;
  customers: number;
  balance: number;
}

const MOST_TIERS = 1000;

export async function countTiers(query: Query): Promise<Tier[]> {
  const rows = await query<Record<keyof Tier, string>>(
    `SELECT tier, count(*) AS customers, sum(balance) AS balance FROM customers
      WHERE deleted_at IS NULL GROUP BY tier ORDER BY count(*) DESC, tier LIMIT ${MOST_TIERS}`,
  );
  return rows.map(({ tier, customers, balance }) => ({ tier, customers: Number(customers), balance: Number(balance) }));
}

export interface TopCustomer {
  id: string;
  name: string;
  tier: string;
  balance: number;
}

export async function topCustomers(query: Query, limit: number): Promise<TopCustomer[]> {
  const rows = await query<Omit<TopCustomer, 'balance'> & { balance: string }>(
    'SELECT id, name, tier, balance FROM customers WHERE deleted_at IS NULL ORDER BY balance DESC, id LIMIT $1',
    [limit],
  );
  return rows.map((row) => ({ ...row, balance: Number(row.balance) }));
}

/** Where a page of a report begins: behind this line. The moment as text: a Date has no microseconds. */
export interface Behind {
  moment: string;
  /** Decides between lines of the same moment. */
  sequence: string;
}

/** Lines of the ledger as a file has them. */
export interface Page {
  lines: number;
  /** As RFC 4180 has them, one after the other. */
  text: string;
  /** Where the lines after them begin. */
  behind: Behind | undefined;
}

export const CSV_HEAD = 'createdAt,id,customerId,type,points,balance,reason,reference,transferId\r\n';

/** A text as a field of RFC 4180. */
const field = (column: string) =>
  `CASE WHEN ${column} ~ E'[",\\r\\n]' THEN '"' || replace(${column}, '"', '""') || '"' ELSE coalesce(${column}, '') END`;
const LINE = `concat_ws(',', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), id, customer_id, type,
  points, balance, ${field('reason')}, ${field('reference')}, coalesce(transfer_id::text, '')) || E'\\r\\n'`;

/**
 * The next lines of a period, the oldest first. The replica writes them: what an API server does for each line is taken from the
 * till, which it serves, too.
 */
export async function readLines(
  query: Query,
  { from, to }: Days,
  behind: Behind | undefined,
  limit: number,
): Promise<Page> {
  const [page] = await query<{ lines: string; text: string | null } & (Behind | Record<keyof Behind, null>)>(
    `WITH page AS (
       SELECT * FROM point_entries
        WHERE ${IN_PERIOD} AND (created_at, sequence) > (coalesce($3::timestamptz, '-infinity'), coalesce($4::bigint, 0))
        ORDER BY created_at, sequence LIMIT $5
     ), final AS (SELECT created_at::text AS moment, sequence FROM page ORDER BY page.created_at DESC, sequence DESC LIMIT 1)
     SELECT count(*) AS lines, string_agg(${LINE}, '' ORDER BY created_at, sequence) AS text,
            (SELECT moment FROM final) AS moment, (SELECT sequence FROM final) AS sequence
       FROM page`,
    [from, to, behind?.moment ?? null, behind?.sequence ?? null, limit],
  );
  if (!page) throw new Error('an aggregate returned no row');
  const { lines, text, moment, sequence } = page;
  return { lines: Number(lines), text: text ?? '', behind: moment === null ? behind : { moment, sequence } };
}

function toBooked({ entries, earned, redeemed, adjusted, sent, received }: BookedRow): Booked {
  return {
    entries: Number(entries),
    earned: Number(earned),
    redeemed: Number(redeemed),
    adjusted: Number(adjusted),
    sent: Number(sent),
    received: Number(received),
  };
}
