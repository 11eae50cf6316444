import type { Query } from '../db/primary.ts';

/**
 * Counts the user's canary up by one.
 *
 * The row's page has room for its next version even on a full disk, where writes that need another page fail. So it first
 * takes as much room as such a write would: a few hundred kilobytes, which the server gives back by itself.
 */
export async function countUp(query: Query, userId: string): Promise<number> {
  await query(`SELECT set_config('work_mem', '64kB', true)`);
  // More than fits into work_mem goes through a temporary file on the database's disk.
  await query('SELECT count(*) FROM generate_series(1, 8000)');
  const [row] = await query<{ count: string }>(
    `INSERT INTO canary (user_id, count, written_at) VALUES ($1, 1, now())
     ON CONFLICT (user_id) DO UPDATE SET count = canary.count + 1, written_at = now()
     RETURNING count`,
    [userId],
  );
  return Number(row?.count);
}

/** How often the user's canary was counted up. */
export async function readCount(query: Query, userId: string): Promise<number> {
  const [row] = await query<{ count: string }>('SELECT count FROM canary WHERE user_id = $1', [userId]);
  return Number(row?.count ?? 0);
}
