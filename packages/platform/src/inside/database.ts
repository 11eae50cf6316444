import type { HostAccess, HostStatus } from '@sbmcrm/cloud';
import { PG_SOCKET_DIR } from '@sbmcrm/engines';
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
    user: 'postgres',
    database: 'postgres',
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
 * Rows of one query on a host's own server; undefined where it does not run, or does not answer.
 *
 * @param answerMs within which it answers
 */
export async function askInside<T extends pg.QueryResultRow>(
  { root }: HostAccess,
  host: Pick<HostStatus, 'initPid'>,
  password: string,
  sql: string,
  answerMs = ANSWER_MS,
): Promise<T[] | undefined> {
  const place = root?.(host);
  if (place === undefined) return undefined;
  try {
    const client = await connectInside(place, password, 'sbmcrm status', answerMs);
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  } catch {
    return undefined;
  }
}
