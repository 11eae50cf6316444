import { Socket } from 'node:net';
import type pg from 'pg';
import type { ServerOptions } from '../options.ts';
import { patiently } from '../patience.ts';
import { timelineOf } from '../reads/position.ts';
import { MARK_TIMELINE } from '../reads/position-sql.ts';
import { DatabaseFailure, NotPrimaryError, OUT_OF_CONNECTIONS, sqlStateOf } from './classify.ts';
import { clientWith } from './login.ts';
import { connectionOptions, createPool } from './pools.ts';

/** One run of one server as primary: it ends with a restart or a promotion, and so do all its sessions. */
interface Reign {
  timeline: number;
  name: string;
}

/** A connection that was not to be had, or that broke. */
export interface Refusal {
  error: unknown;
  /** In `performance.now()` time. */
  atMs: number;
}

const WHO = `SELECT pg_is_in_recovery() AS standby, pg_postmaster_start_time()::text AS started,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_insert_lsn()) END AS file`;

/**
 * Connections to the primary: each is looked at once, when it is new, and none is handed out that leads to an earlier
 * primary than the last one seen.
 */
export class Connections {
  readonly pool: pg.Pool;
  readonly #server: ServerOptions;
  readonly #reigns = new WeakMap<object, Reign>();
  readonly #markedTimelines = new Set<number>();
  #current: string | undefined;
  #refusal: Refusal | undefined;

  constructor(server: ServerOptions) {
    this.#server = server;
    this.pool = createPool(server, (client) => this.#welcome(client));
  }

  /** Why there was no connection the last time one was wanted; undefined when there was. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Notes why there is no connection, where somebody else found out. */
  refused(error: unknown): void {
    this.#refusal = { error, atMs: performance.now() };
  }

  /** The timeline that a connection writes to. */
  timelineOf(client: pg.ClientBase): number {
    return this.#reigns.get(client)?.timeline ?? 0;
  }

  /**
   * Hands out a connection and takes it back; broken ones do not return to the pool.
   *
   * @throws {DatabaseFailure} of phase `connect`, or what `work` throws
   */
  async use<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#checkOut();
    // A break between two statements is met by the next one; without a listener it would end the process.
    const ignore = () => {};
    client.on('error', ignore);
    let broken = true;
    try {
      const value = await work(client);
      broken = false;
      return value;
    } catch (error) {
      broken = error instanceof DatabaseFailure && ['away', 'slow', 'unknown'].includes(error.kind);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken || isInTransaction(client));
    }
  }

  /**
   * Asks on a connection of its own, as the pool's may all be stuck. What it finds is the current primary. A server that has
   * no connection to spare is there: those that the pool has go on.
   *
   * @param limitMs how long the answer may take
   * @param signal once aborted, the answer counts for nothing
   */
  async findPrimary(limitMs: number, signal?: AbortSignal): Promise<boolean> {
    const socket = new Socket();
    const client = new (clientWith(this.#server.passwords))({
      ...connectionOptions(this.#server),
      stream: () => socket,
      // Theirs run out also while this process stands still.
      connectionTimeoutMillis: 0,
      query_timeout: 0,
    });
    client.on('error', () => {});
    try {
      const { name } = await patiently(
        client.connect().then(() => who(client)),
        limitMs,
        signal,
      );
      void client.end().catch(() => {});
      // Another attempt was faster, and may know a later primary.
      if (signal?.aborted) return false;
      this.#current = name;
      this.#refusal = undefined;
      return true;
    } catch (error) {
      socket.destroy();
      if (signal?.aborted) return false;
      this.refused(error);
      return sqlStateOf(error) === OUT_OF_CONNECTIONS;
    }
  }

  async end(): Promise<void> {
    await this.pool.end();
  }

  async #checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await this.pool.connect().catch((error: unknown) => {
        this.refused(error);
        throw new DatabaseFailure(error, 'connect');
      });
      if (this.#reigns.get(client)?.name === this.#current) return client;
      client.release(true);
    }
  }

  async #welcome(client: pg.ClientBase): Promise<void> {
    const reign = await who(client);
    // A replica that shows this row is on this timeline or a later one: it cannot tell us otherwise (see reads.ts).
    if (!this.#markedTimelines.has(reign.timeline)) {
      await client.query(MARK_TIMELINE, [reign.timeline]);
      this.#markedTimelines.add(reign.timeline);
    }
    this.#reigns.set(client, reign);
    this.#current = reign.name;
    this.#refusal = undefined;
  }
}

/** @throws {NotPrimaryError} when the server is a standby */
async function who(client: pg.ClientBase): Promise<Reign> {
  const { rows } = await client.query<{ standby: boolean; started: string; file: string | null }>(WHO);
  const [row] = rows;
  if (!row?.file) throw new NotPrimaryError();
  const timeline = timelineOf(row.file);
  return { timeline, name: `${timeline} since ${row.started}` };
}

function isInTransaction(client: pg.PoolClient): boolean {
  // Newer than @types/pg.
  const status = (client as pg.PoolClient & { getTransactionStatus?: () => string | null }).getTransactionStatus?.();
  return status === 'T' || status === 'E';
}

/** What there must be of connections to the primary. */
export type PrimaryConnections = Pick<
  Connections,
  'pool' | 'use' | 'timelineOf' | 'findPrimary' | 'refusal' | 'refused' | 'end'
>;
