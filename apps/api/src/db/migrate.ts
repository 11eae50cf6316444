import type pg from 'pg';
import type { ServerOptions } from '../resilience/options.ts';
import { clientWith } from '../resilience/primary/login.ts';
import { connectionOptions } from '../resilience/primary/pools.ts';
import { migrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/** Any number, the same in every instance. */
const LOCK_KEY = 7_266_273_001;
const MIGRATION_TIMEOUT_MS = 300_000;
/** An instance that waits longer for another's migration tries anew. */
const LOCK_TIMEOUT_MS = 30_000;

/** Runs `work` on a connection to the primary for preparing the database; closes it. */
export async function withSetupClient<T>(server: ServerOptions, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new (clientWith(server.passwords))({
    ...connectionOptions(server),
    statement_timeout: MIGRATION_TIMEOUT_MS,
    query_timeout: MIGRATION_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
  });
  // The statement that meets the break reports it.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    void client.end().catch(() => {});
  }
}

/**
 * Runs `work` in a transaction, one instance at a time. The lock is the transaction's, not the session's: the server drops
 * it with a process that hangs in the middle.
 */
export async function inTurn<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const value = await work();
    await client.query('COMMIT');
    return value;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/**
 * Brings the schema up to date: each missing migration in a transaction of its own. Of instances that start together all but
 * the first find nothing to do.
 *
 * @param onApplied called with the name of each migration that this call applied, as soon as it is: a later one may fail
 */
export async function migrate(
  client: pg.Client,
  onApplied: (name: string) => void = () => {},
  list: readonly Migration[] = migrations,
): Promise<void> {
  // The usual case, without the lock.
  if (await isCurrent(client, list)) return;
  const next = () => inTurn(client, () => applyNext(client, list));
  for (let done = await next(); done; done = await next()) onApplied(done.name);
}

async function isCurrent(client: pg.Client, list: readonly Migration[]): Promise<boolean> {
  const exists = await client.query<{ name: string | null }>(`SELECT to_regclass('schema_migrations') AS name`);
  if (!exists.rows[0]?.name) return false;
  // A schema newer than this code is fine: that code was rolled back, and migrations only add.
  return (await appliedUpTo(client)) >= (list.at(-1)?.id ?? 0);
}

async function applyNext(client: pg.Client, list: readonly Migration[]): Promise<Migration | undefined> {
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migrations (id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const done = await appliedUpTo(client);
  const next = list.find((migration) => migration.id > done);
  if (next) {
    await client.query(next.sql);
    await client.query('INSERT INTO schema_migrations (id, name) VALUES ($1, $2)', [next.id, next.name]);
  }
  return next;
}

async function appliedUpTo(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM schema_migrations');
  return rows[0]?.id ?? 0;
}
