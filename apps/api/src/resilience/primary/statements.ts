import type pg from 'pg';
import type { Deadline } from '../deadline.ts';
import { type Position, parsePosition } from '../reads/position.ts';
import { WRITTEN } from '../reads/position-sql.ts';
import { DatabaseFailure, sqlStateOf, UNIQUE_VIOLATION } from './classify.ts';
import { CLIENT_TIMEOUT_MS, timed } from './pools.ts';

/** How long a COMMIT may take. Long: a lost synchronous standby stalls it until the server gives the standby up. */
const COMMIT_TIMEOUT_MS = 15_000;
/** In the simple protocol two statements make one round trip and two results. */
const COMMIT = `COMMIT; ${WRITTEN}`;

/** A statement with its values. */
export interface Statement {
  text: string;
  values: readonly unknown[];
}

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
    const result = await client.query<R>(
      timed(text, values, timeLeft(deadline, CLIENT_TIMEOUT_MS), deadline.requestId),
    );
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
  let results: pg.QueryResult<{ lsn: string }>[];
  try {
    const answer: unknown = await confirmed(client, COMMIT, [], deadline);
    // @types/pg knows only one result a query.
    results = answer as typeof results;
  } catch (error) {
    throw new DatabaseFailure(error, 'commit');
  }
  // A transaction with a failed statement answers COMMIT with ROLLBACK, without an error.
  if (results[0]?.command !== 'COMMIT') throw new Error('a failed statement was ignored by its caller');
  return positionOf(timeline, results[1]?.rows[0]?.lsn);
}

/**
 * Runs a statement that is a transaction by itself: two round trips instead of one for each step and for BEGIN and COMMIT.
 *
 * @returns its row; undefined when it found nothing to do or a row with its key, and so changed nothing
 * @throws {DatabaseFailure} of kind `unknown` when the answer did not come
 */
export async function runAtOnce<R extends object>(
  client: pg.ClientBase,
  timeline: number,
  { text, values }: Statement,
  deadline: Deadline,
): Promise<{ row: R; position: Position } | undefined> {
  try {
    const { rows } = await confirmed<R>(client, text, values, deadline);
    const [row] = rows;
    if (!row) return undefined;
    const where = await client.query<{ lsn: string }>(
      timed(WRITTEN, [], timeLeft(deadline, CLIENT_TIMEOUT_MS), deadline.requestId),
    );
    return { row, position: positionOf(timeline, where.rows[0]?.lsn) };
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION) return undefined;
    throw new DatabaseFailure(error, 'single');
  }
}

/** Runs a statement that commits. @throws also when the server answers though the synchronous standby may not have it */
async function confirmed<R extends object>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[],
  deadline: Deadline,
): Promise<pg.QueryResult<R>> {
  let warned = false;
  // "canceling wait for synchronous replication".
  const onNotice = ({ severity }: { severity?: string | undefined }) => {
    warned ||= severity === 'WARNING';
  };
  client.on('notice', onNotice);
  try {
    const result = await client.query<R>(
      timed(text, values, timeLeft(deadline, COMMIT_TIMEOUT_MS), deadline.requestId),
    );
    if (warned) throw new Error('the synchronous standby did not confirm the commit');
    return result;
  } finally {
    client.off('notice', onNotice);
  }
}

function positionOf(timeline: number, lsn: string | undefined): Position {
  const position = parsePosition(`${timeline}:${lsn}`);
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
