import { REDIS_SOCKET, type Secrets } from '@sbmcrm/engines';
import { connectInside } from '@sbmcrm/platform';
import { Redis } from 'ioredis';
import { APPLICATION, PROBE_TABLE } from './database.ts';
import { ANSWER_TIMEOUT_MS, type Open } from './target.ts';

/**
 * A write that is on this server alone (`synchronous_commit = local`): the question is whether the server takes writes, not
 * whether a standby confirms them.
 */
const WRITE = `INSERT INTO ${PROBE_TABLE} (host, at) VALUES ($1, clock_timestamp())
  ON CONFLICT (host) DO UPDATE SET at = excluded.at
  RETURNING left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline`;

/** The primary takes a write ten times a second at least, so that an old transaction on a standby means that it is behind. */
const ROLE = `SELECT pg_is_in_recovery() AS standby,
  extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 * 1000 AS lag`;

/** SQLSTATE of a server that takes no writes though it is no standby. */
const READ_ONLY = '25006';

/** Every PostgreSQL, standbys too: whoever is primary is found by asking. */
export function databaseTargets({ postgresSuperuser }: Pick<Secrets, 'postgresSuperuser'>): Open {
  return async (root, host) => {
    const client = await connectInside(root, postgresSuperuser, APPLICATION, ANSWER_TIMEOUT_MS);
    return {
      async write() {
        // Asked first: a refused write would be an error in the server's log ten times a second.
        const { rows } = await client.query<{ standby: boolean; lag: number | null }>(ROLE);
        if (rows[0]?.standby) return rows[0].lag === null ? {} : { lagMs: rows[0].lag };
        const written = await client.query<{ timeline: string }>(WRITE, [host]).catch((error: { code?: string }) => {
          if (error.code !== READ_ONLY) throw error;
        });
        if (!written) return {};
        const timeline = written.rows[0]?.timeline ?? '';
        return { taken: { reign: timeline, order: Number.parseInt(timeline, 16) } };
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
          if (/^(READONLY|NOREPLICAS|LOADING|MASTERDOWN)/.test((error as Error).message)) return {};
          throw error;
        }
        const reign = /^master_replid:(\w+)/m.exec(await redis.info('replication'))?.[1] ?? '';
        return { taken: { reign } };
      },
      close: () => redis.disconnect(),
    };
  };
}
