import pg from 'pg';
import type { Config } from '../config.ts';
import { type Migration, migrations } from './migrations/index.ts';
import { connectionOptions } from './pools.ts';

/** Any number, the same in every instance. */
const LOCK_KEY = 7_266_273_001;
const MIGRATION_TIMEOUT_MS = 300_000;
/** An instance that waits longer for another's migration tries anew. */
const LOCK_TIMEOUT_MS = 30_000;

/**
 * Brings the schema up to date. Instances that start together take turns, and all but the first find nothing to do.
 *
 * Each migration is a transaction that takes the lock, looks what is missing, and applies one. A lock of the
 * transaction, not of the session: the server drops it with a process that hangs in the middle.
 *
 * @returns the names of the migrations that this call applied
 */
export async function migrate(config: Config, list: readonly Migration[] = migrations): Promise<string[]> {
  const client = new pg.Client({
    ...connectionOptions(config, config.DB_PRIMARY_HOST),
    statement_timeout: MIGRATION_TIMEOUT_MS,
    query_timeout: MIGRATION_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
  });
  client.on('error', () => {});
  const applied: string[] = [];
  try {
    await client.connect();
    if (await isCurrent(client, list)) return applied;
    for (let next = await applyNext(client, list); next; next = await applyNext(client, list)) applied.push(next.name);
    return applied;
  } finally {
    void client.end().catch(() => {});
  }
}

/** The usual case, without the lock. */
async function isCurrent(client: pg.Client, list: readonly Migration[]): Promise<boolean> {
  const exists = await client.query<{ name: string | null }>(`SELECT to_regclass('schema_migrations') AS name`);
  if (!exists.rows[0]?.name) return false;
  return (await appliedUpTo(client)) >= (list.at(-1)?.id ?? 0);
}

async function applyNext(client: pg.Client, list: readonly Migration[]): Promise<Migration | undefined> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migrations (id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const done = await appliedUpTo(client);
    // A schema newer than this code is fine: that code was rolled back, and migrations only add.
    const next = list.find((migration) => migration.id > done);
    if (next) {
      await client.query(next.sql);
      await client.query('INSERT INTO schema_migrations (id, name) VALUES ($1, $2)', [next.id, next.name]);
    }
    await client.query('COMMIT');
    return next;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function appliedUpTo(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM schema_migrations');
  return rows[0]?.id ?? 0;
}
