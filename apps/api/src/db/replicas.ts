import type pg from 'pg';
import type { Config } from '../config.ts';
import { Limiter } from './admission/limiter.ts';
import { isTimeout } from './classify.ts';
import { createPool, timed } from './pools.ts';
import { formatLsn, type Position } from './position.ts';
import type { Query } from './transact.ts';

/** A replica that does not answer in this time is left for the primary. */
const REPLICA_TIMEOUT_MS = 2000;

type Work<T> = (query: Query) => Promise<T>;

/**
 * Connections to the read replicas: only as many as get more done together (see {@link Limiter}). Reads that come all at once,
 * as after a failover, would each open one, which costs a busy server more than the reads.
 */
export class Replicas {
  readonly pool: pg.Pool;
  readonly #limiter: Limiter;
  readonly #most: number;
  readonly #reports: number;

  /** @param reports how many connections reports may take beside the reads */
  constructor(config: Config, host: string, reports: number) {
    this.#most = config.DB_POOL_MAX;
    this.#reports = reports;
    this.#limiter = new Limiter(config.DB_POOL_MAX);
    this.pool = createPool(config, host);
    this.#bound();
  }

  /** @returns undefined when the replica at hand is behind `after` */
  async read<T>(after: Position, work: Work<T>): Promise<{ value: T } | undefined> {
    const client = await this.pool.connect();
    const startedMs = performance.now();
    let isLate = false;
    try {
      return await ask(client, after, work, REPLICA_TIMEOUT_MS);
    } catch (error) {
      isLate = isTimeout(error);
      throw error;
    } finally {
      const now = performance.now();
      const wasFull = this.pool.waitingCount > 0 && this.pool.totalCount >= this.#limiter.limit;
      this.#limiter.left({ tookMs: now - startedMs, isLate, wasFull }, now);
      this.#bound();
    }
  }

  /** As {@link read}, of work that may take long: it says nothing about how busy the replicas are. */
  async report<T>(after: Position, work: Work<T>, timeoutMs: number): Promise<{ value: T } | undefined> {
    return await ask(await this.pool.connect(), after, work, timeoutMs);
  }

  /** The pool looks at its bound whenever it would open a connection. */
  #bound(): void {
    this.pool.options.max = Math.min(this.#most, this.#limiter.limit + this.#reports);
  }
}

async function ask<T>(
  client: pg.PoolClient,
  after: Position,
  work: Work<T>,
  timeoutMs: number,
): Promise<{ value: T } | undefined> {
  const ignore = () => {};
  client.on('error', ignore);
  let broken = true;
  try {
    const query = async <R extends object>(text: string, values: readonly unknown[] = []) =>
      (await client.query<R>(timed(text, values, timeoutMs))).rows;
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
