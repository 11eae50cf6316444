import type pg from 'pg';
import type { Deadline } from '../deadline.ts';
import type { Position } from '../reads/position.ts';
import { DatabaseFailure } from './classify.ts';
import { commit, runAtOnce, runStatement, type Statement } from './statements.ts';

export type Query = <R extends object = object>(text: string, values?: readonly unknown[]) => Promise<R[]>;

export interface Transaction {
  /** An earlier run of this transaction may have been committed. */
  readonly rerun: boolean;
  readonly query: Query;
}

export interface TransactionOptions {
  /** When the request must be answered. */
  deadline: Deadline;
  /** When COMMIT's outcome is unknown: `rerun` only if the work may run again after it was committed. */
  onUnknown: 'rerun' | 'fail';
  /** Records that it changes, by names of the caller's choice: this process runs one transaction at a time for each. */
  keys?: readonly string[];
}

/**
 * One statement that does the same as a transaction's work in the usual case, and nothing at all in any other: it returns no row
 * then, or meets a unique index.
 */
export interface Shortcut<T> extends Statement {
  /** What its row means. */
  read: (row: Record<string, unknown>) => T;
}

export interface Committed<T> {
  value: T;
  /** A replica that has replayed this far shows what was written. */
  position: Position;
}

/** @returns undefined when it did nothing. @throws {DatabaseFailure} */
export async function takeShortcut<T>(
  client: pg.PoolClient,
  timeline: number,
  shortcut: Shortcut<T>,
  deadline: Deadline,
): Promise<Committed<T> | undefined> {
  const done = await runAtOnce<Record<string, unknown>>(client, timeline, shortcut, deadline);
  return done && { value: shortcut.read(done.row), position: done.position };
}

/**
 * Runs work between BEGIN and COMMIT.
 *
 * @param timeline that the connection writes to
 * @param rerun see {@link Transaction}
 * @throws {DatabaseFailure}, or what `work` throws, after a ROLLBACK
 */
export async function transact<T>(
  client: pg.PoolClient,
  timeline: number,
  rerun: boolean,
  work: (tx: Transaction) => Promise<T>,
  deadline: Deadline,
): Promise<Committed<T>> {
  await runStatement(client, 'BEGIN', [], deadline);
  let value: T;
  try {
    value = await work({ rerun, query: queryOn(client, deadline) });
  } catch (error) {
    const gone = error instanceof DatabaseFailure && (error.kind === 'away' || error.kind === 'slow');
    // When not even this works the connection is thrown away, and the server rolls back.
    if (!gone) await runStatement(client, 'ROLLBACK', [], deadline).catch(() => {});
    throw error;
  }
  return { value, position: await commit(client, timeline, deadline) };
}

export function queryOn(client: pg.PoolClient, deadline: Deadline): Query {
  return (text, values = []) => runStatement(client, text, values, deadline);
}
