import { PG_SOCKET_DIR, REDIS_SOCKET, type Secrets } from '@sbmcrm/engines';
import type { HostStatus } from '@sbmcrm/local';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { TakenWrite } from '../check/dual.ts';
import { clockMs } from '../workload/history.ts';

/** How often each server is asked to take a write. */
const INTERVAL_MS = 100;
/** A frozen server does not answer; the next try needs a connection of its own then. */
const ANSWER_TIMEOUT_MS = 900;
/** Looking for a host that is down costs the local cloud a process each time. */
const LOOK_AGAIN_MS = 500;

/** A server that may take a write: a connection through its own Unix socket, which no network fault reaches. */
interface Target {
  /** Tries a write. @returns its reign when the server took it, undefined when it is no primary; throws without an answer */
  write(): Promise<{ reign: string; order?: number } | undefined>;
  close(): void;
}

/** Opens a target on a running host. @param root the host's file system as seen from this machine */
type Open = (root: string, host: string) => Promise<Target>;

const TABLE = 'sbmcrm_drill_probe';

/**
 * A write that is on this server alone (`synchronous_commit = local`): the question is whether the server takes writes, not
 * whether a standby confirms them.
 */
const WRITE = `INSERT INTO ${TABLE} (host, at) VALUES ($1, clock_timestamp())
  ON CONFLICT (host) DO UPDATE SET at = excluded.at
  RETURNING left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline`;

async function connectDatabase(root: string, password: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: `${root}${PG_SOCKET_DIR}`,
    user: 'postgres',
    database: 'postgres',
    password,
    application_name: 'sbmcrm drill',
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    options: '-c synchronous_commit=local',
  });
  client.on('error', () => {}); // the next query tells
  await client.connect();
  return client;
}

/** Every PostgreSQL, standbys too: whoever is primary is found by asking. */
export function databaseTargets({ postgresSuperuser }: Pick<Secrets, 'postgresSuperuser'>): Open {
  return async (root, host) => {
    const client = await connectDatabase(root, postgresSuperuser);
    return {
      async write() {
        // Asked first: a refused write would be an error in the server's log ten times a second.
        const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
        if (rows[0]?.standby) return undefined;
        const written = await client.query<{ timeline: string }>(WRITE, [host]);
        const timeline = written.rows[0]?.timeline ?? '';
        return { reign: timeline, order: Number.parseInt(timeline, 16) };
      },
      close: () => void client.end().catch(() => {}),
    };
  };
}

/** Every Redis. A master that takes no writes for want of a standby (NOREPLICAS) is none for this purpose. */
export function cacheTargets({ redis: password }: Pick<Secrets, 'redis'>): Open {
  return async (root, host) => {
    const redis = new Redis({
      path: `${root}${REDIS_SOCKET}`,
      password,
      lazyConnect: true,
      connectTimeout: ANSWER_TIMEOUT_MS,
      commandTimeout: ANSWER_TIMEOUT_MS,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
    });
    redis.on('error', () => {}); // the next command tells
    await redis.connect();
    return {
      async write() {
        try {
          await redis.set(`sbmcrm:drill:${host}`, Date.now(), 'PX', 60_000);
        } catch (error) {
          if (/^(READONLY|NOREPLICAS|LOADING|MASTERDOWN)/.test((error as Error).message)) return undefined;
          throw error;
        }
        const reign = /^master_replid:(\w+)/m.exec(await redis.info('replication'))?.[1] ?? '';
        return { reign };
      },
      close: () => redis.disconnect(),
    };
  };
}

/** Makes the table that the writes go to, on the primary; standbys get it by replication. */
export async function createProbeTable(primary: HostStatus, secrets: Secrets): Promise<void> {
  await onPrimary(
    primary,
    secrets,
    `CREATE TABLE IF NOT EXISTS ${TABLE} (host text PRIMARY KEY, at timestamptz NOT NULL)`,
  );
}

export async function dropProbeTable(primary: HostStatus, secrets: Secrets): Promise<void> {
  await onPrimary(primary, secrets, `DROP TABLE IF EXISTS ${TABLE}`);
}

async function onPrimary({ initPid }: HostStatus, secrets: Secrets, statement: string): Promise<void> {
  const client = await connectDatabase(`/proc/${initPid}/root`, secrets.postgresSuperuser);
  try {
    await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Tries a write on every host of a list ten times a second until it is stopped, and remembers what was taken. */
export class WriteObserver {
  readonly taken: TakenWrite[] = [];
  readonly #hostState: (name: string) => Promise<HostStatus>;
  readonly #loops: Promise<void>[];
  #running = true;

  /** @param hostState as the cloud tells it */
  constructor(hosts: readonly string[], open: Open, hostState: (name: string) => Promise<HostStatus>) {
    this.#hostState = hostState;
    this.#loops = hosts.map((host) => this.#watch(host, open));
  }

  /** The first write that another host than `before` took after `sinceMs`. */
  firstElsewhere(before: string | null, sinceMs: number): TakenWrite | undefined {
    return this.taken.find((write) => write.host !== before && write.startMs >= sinceMs);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }

  async #watch(host: string, open: Open): Promise<void> {
    while (this.#running) {
      let target: Target | undefined;
      try {
        const { initPid } = await this.#hostState(host);
        if (initPid !== null) {
          target = await open(`/proc/${initPid}/root`, host);
          await this.#writeOn(host, target);
        }
      } catch {
        // down, frozen or starting: it takes no writes
      } finally {
        target?.close();
      }
      if (this.#running) await pause(LOOK_AGAIN_MS);
    }
  }

  async #writeOn(host: string, target: Target): Promise<void> {
    while (this.#running) {
      const startMs = clockMs();
      const written = await target.write();
      const endMs = clockMs();
      if (written) this.taken.push({ host, startMs, endMs, ...written });
      await pause(Math.max(0, INTERVAL_MS - (endMs - startMs)));
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
