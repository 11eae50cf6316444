import type { HostAccess, HostStatus } from '@sbmcrm/cloud';
import { DATABASE_NAME, PG_SOCKET_DIR, SUPERUSER } from '@sbmcrm/engines';
import type pg from 'pg';

/** A server answers within it, or is not asked. */
const ANSWER_MS = 2000;

/**
 * A superuser's connection through the server's own Unix socket: past everything that routes or checks.
 *
 * @param root the host's file system as this machine sees it
 * @param application what the server calls it
 * @param answerMs within which it answers, each time
 * @throws Error where nobody answers in time
 */
export async function connectInside(
  root: string,
  password: string,
  application: string,
  answerMs = ANSWER_MS,
): Promise<pg.Client> {
  // Loaded with the first connection: most commands make none.
  const { default: driver } = await import('pg');
  const client = new driver.Client({
    host: `${root}${PG_SOCKET_DIR}`,
    user: SUPERUSER,
    // Into `postgres` the host's own users alone come, without a password.
    database: DATABASE_NAME,
    password,
    application_name: application,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    options: '-c synchronous_commit=local',
  });
  client.on('error', () => {}); // the next query tells
  await client.connect();
  return client;
}

/**
 * Rows of one query on a host's own server.
 *
 * @param answerMs within which it answers
 * @throws Error where it does not run, refuses, or does not answer in time
 */
export async function queryInside<T extends pg.QueryResultRow>(
  { root }: HostAccess,
  host: Pick<HostStatus, 'initPid'>,
  password: string,
  sql: string,
  answerMs = ANSWER_MS,
): Promise<T[]> {
  const place = root?.(host);
  if (place === undefined) throw new Error('nobody can see into this host');
  const client = await connectInside(place, password, 'sbmcrm status', answerMs);
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** As {@link queryInside}; undefined where there is no answer. */
export async function askInside<T extends pg.QueryResultRow>(
  ...query: Parameters<typeof queryInside>
): Promise<T[] | undefined> {
  return queryInside<T>(...query).catch(() => undefined);
}
