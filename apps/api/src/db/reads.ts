import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type pg from 'pg';
import type { Config } from '../config.ts';
import type { Deadline } from '../deadline.ts';
import { createAside } from './aside.ts';
import { createPool, timed } from './pools.ts';
import { formatLsn, type Position } from './position.ts';
import type { Primary, Query } from './primary.ts';

/** A replica that does not answer in this time is left for the primary. */
const REPLICA_TIMEOUT_MS = 2000;
/** One late answer is no sick replica. */
const FAILURES = 3;
/** So much of the primary's places at most goes to reads that the replicas did not answer: their trouble must not become its. */
const SHARE_OF_PRIMARY = 0.2;

/**
 * Reads that may go to a replica, if it shows what the reader wrote before.
 *
 * A reader without a position is served by the primary: it may have written without keeping what we told it.
 */
export class Reads {
  readonly pool: pg.Pool | undefined;
  readonly #primary: Primary;
  readonly #served: (by: 'replica' | 'primary') => void;
  readonly #aside: ReturnType<typeof createAside>;
  /** After a few failures the replicas are left alone for a second, then one read tries. */
  readonly #breaker = circuitBreaker(handleAll, { halfOpenAfter: 1000, breaker: new ConsecutiveBreaker(FAILURES) });

  constructor(config: Config, primary: Primary, served: (by: 'replica' | 'primary') => void = () => {}) {
    this.#primary = primary;
    this.#served = served;
    this.#aside = createAside(config.DB_POOL_MAX * SHARE_OF_PRIMARY);
    this.pool = config.DB_REPLICA_HOST ? createPool(config, config.DB_REPLICA_HOST) : undefined;
  }

  /** Runs reading statements on one connection: of a replica that has replayed as far as `after`, else of the primary. */
  async run<T>(after: Position | undefined, deadline: Deadline, work: (query: Query) => Promise<T>): Promise<T> {
    const { pool } = this;
    const onPrimary = () => {
      this.#served('primary');
      return this.#primary.read(work, deadline);
    };
    if (!pool || !after) return await onPrimary();
    // Whatever goes wrong at a replica, the primary has the answer.
    const answer = await this.#breaker.execute(() => onReplica(pool, after, work)).catch(() => undefined);
    if (!answer) return await this.#aside(onPrimary);
    this.#served('replica');
    return answer.value;
  }

  async end(): Promise<void> {
    await this.pool?.end();
  }
}

/** @returns undefined when the replica is behind */
async function onReplica<T>(
  pool: pg.Pool,
  after: Position,
  work: (query: Query) => Promise<T>,
): Promise<{ value: T } | undefined> {
  const client = await pool.connect();
  const ignore = () => {};
  client.on('error', ignore);
  let broken = true;
  try {
    const query = async <R extends object>(text: string, values: readonly unknown[] = []) =>
      (await client.query<R>(timed(text, values, REPLICA_TIMEOUT_MS))).rows;
    const answer = (await isFresh(query, after)) ? { value: await work(query) } : undefined;
    broken = false;
    return answer;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

/**
 * Whether the server at hand has replayed as far as `after`.
 *
 * The byte alone does not tell: after a failover a replica that still follows the old primary may have replayed further
 * on the old timeline. A plain user cannot ask a replica for its timeline, so the primary writes a row for each (see
 * Primary): who shows the row has replayed that timeline. A statement of its own, as a statement's snapshot is older
 * than the functions it calls.
 */
async function isFresh(query: Query, after: Position): Promise<boolean> {
  const [row] = await query<{ fresh: boolean | null }>(
    'SELECT pg_last_wal_replay_lsn() >= $2::pg_lsn AND EXISTS (SELECT FROM timelines WHERE id >= $1) AS fresh',
    [after.timeline, formatLsn(after.lsn)],
  );
  // Null: the server is a primary and was never a standby.
  return row?.fresh === true;
}
