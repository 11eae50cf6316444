import type { Secrets } from '@sbmcrm/engines';
import { connectInside } from '@sbmcrm/platform';
import type pg from 'pg';
import { type Inside, rootOf } from './inside.ts';
import { ANSWER_TIMEOUT_MS } from './target.ts';

/** The table that tried writes go to: a line a host. */
export const PROBE_TABLE = 'sbmcrm_drill_probe';
/** What servers call the drill's connections. */
export const APPLICATION = 'sbmcrm drill';
const LOOK_AGAIN_MS = 500;

async function connectOn(cloud: Inside, host: string, { postgresSuperuser }: Secrets): Promise<pg.Client> {
  const root = await rootOf(cloud, host);
  if (root === undefined) throw new Error(`${host} is not running`);
  return connectInside(root, postgresSuperuser, APPLICATION, ANSWER_TIMEOUT_MS);
}

/** Makes the table that the writes go to, on the primary; standbys get it by replication. */
export async function createProbeTable(cloud: Inside, primary: string, secrets: Secrets): Promise<void> {
  await onPrimary(
    cloud,
    primary,
    secrets,
    `CREATE TABLE IF NOT EXISTS ${PROBE_TABLE} (host text PRIMARY KEY, at timestamptz NOT NULL)`,
  );
}

export async function dropProbeTable(cloud: Inside, primary: string, secrets: Secrets): Promise<void> {
  await onPrimary(cloud, primary, secrets, `DROP TABLE IF EXISTS ${PROBE_TABLE}`);
}

async function onPrimary(cloud: Inside, primary: string, secrets: Secrets, statement: string): Promise<void> {
  const client = await connectOn(cloud, primary, secrets);
  try {
    await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Waits until every transaction of the application that is open now has ended: what is read then does not change any more.
 *
 * @returns whether they ended in time
 */
export async function transactionsEnded(
  cloud: Inside,
  primary: string,
  secrets: Secrets,
  timeoutMs: number,
): Promise<boolean> {
  const client = await connectOn(cloud, primary, secrets);
  try {
    const { rows } = await client.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
    for (
      const end = performance.now() + timeoutMs;
      performance.now() < end;
      await new Promise((next) => setTimeout(next, LOOK_AGAIN_MS))
    ) {
      const open = await client.query(
        `SELECT FROM pg_stat_activity
          WHERE backend_type = 'client backend' AND usename <> 'postgres' AND state <> 'idle' AND xact_start < $1::timestamptz`,
        [rows[0]?.now],
      );
      if (open.rowCount === 0) return true;
    }
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
