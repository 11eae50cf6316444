import { takeRoom } from '../resilience/primary/room.ts';
import type { Query } from '../resilience/primary/transact.ts';

/** Counts the user's canary up by one, if there is room for any other write, too. */
export async function countUp(query: Query, userId: string): Promise<number> {
  await takeRoom(query);
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
