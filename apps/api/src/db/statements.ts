import type pg from 'pg';
import type { Deadline } from '../deadline.ts';
import { DatabaseFailure } from './classify.ts';
import { CLIENT_TIMEOUT_MS, timed } from './pools.ts';
import { type Position, parsePosition } from './position.ts';

/** How long a COMMIT may take. Long: a lost synchronous standby stalls it until the server gives the standby up. */
const COMMIT_TIMEOUT_MS = 15_000;
/** In the simple protocol two statements make one round trip and two results. */
const COMMIT = 'COMMIT; SELECT pg_current_wal_insert_lsn()::text AS lsn';

/**
 * Runs one statement.
 *
 * @throws {DatabaseFailure}
 */
export async function runStatement<R extends object>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[],
  deadline: Deadline,
): Promise<R[]> {
  try {
    const result = await client.query<R>(timed(text, values, timeLeft(deadline, CLIENT_TIMEOUT_MS)));
    return result.rows;
  } catch (error) {
    throw new DatabaseFailure(error, 'statement');
  }
}

/**
 * Commits, and asks in the same round trip how far the log reaches now.
 *
 * @throws {DatabaseFailure} of kind `unknown` when the answer did not come
 */
export async function commit(client: pg.ClientBase, timeline: number, deadline: Deadline): Promise<Position> {
  let warned = false;
  // "canceling wait for synchronous replication": the server answers COMMIT, but the standby may not have it.
  const onNotice = ({ severity }: { severity?: string | undefined }) => {
    warned ||= severity === 'WARNING';
  };
  client.on('notice', onNotice);
  let results: pg.QueryResult<{ lsn: string }>[];
  try {
    const answer: unknown = await client.query(timed(COMMIT, [], timeLeft(deadline, COMMIT_TIMEOUT_MS)));
    // @types/pg knows only one result a query.
    results = answer as typeof results;
    if (warned) throw new Error('the synchronous standby did not confirm the commit');
  } catch (error) {
    throw new DatabaseFailure(error, 'commit');
  } finally {
    client.off('notice', onNotice);
  }
  // A transaction with a failed statement answers COMMIT with ROLLBACK, without an error.
  if (results[0]?.command !== 'COMMIT') throw new Error('a failed statement was ignored by its caller');
  const position = parsePosition(`${timeline}:${results[1]?.rows[0]?.lsn}`);
  if (!position) throw new Error('no position after commit');
  return position;
}

/**
 * However little is left, what was let in is given time to be answered: a statement that is broken off early makes an answer no
 * sooner, and costs a connection.
 */
const LEAST_TIMEOUT_MS = 2000;

function timeLeft({ leftMs }: Deadline, most: number): number {
  return Math.ceil(Math.max(LEAST_TIMEOUT_MS, Math.min(most, leftMs)));
}
