import { Sessions } from './auth/sessions.ts';
import { Cache } from './cache/cache.ts';
import type { Config } from './config.ts';
import { databasePasswords, primaryOptions, replicaOptions } from './db/options.ts';
import { Entrance, type Rooms } from './http/entrance.ts';
import type { Lifecycle } from './lifecycle.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { Passwords } from './resilience/passwords.ts';
import { Primary } from './resilience/primary/primary.ts';
import { Reads } from './resilience/reads/reads.ts';

/** What routes work with. */
export interface App {
  config: Config;
  lifecycle: Lifecycle;
  metrics: Metrics;
  primary: Primary;
  reads: Reads;
  cache: Cache;
  sessions: Sessions;
  entrance: Entrance;
  /** Where requests wait. */
  rooms: Rooms;
  /** Of the database's user. */
  passwords: Passwords;
}

export interface AppLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Connects nothing yet but the cache, which does it by itself. */
export function createApp(config: Config, lifecycle: Lifecycle, log: AppLog): App {
  const metrics = createMetrics(config.INSTANCE_NAME);
  const entrance = new Entrance();
  const passwords = new Passwords(databasePasswords(config));
  const primary = new Primary(
    primaryOptions(config, passwords),
    {
      retried: (kind) => metrics.databaseRetries.inc({ kind }),
      away: (reason) => log.warn({ reason }, 'the primary is away: requests wait'),
      back: (waiting) => log.info({ waiting }, 'primary found'),
    },
    { isFlooded: () => entrance.isFlooded },
  );
  const reads = new Reads(config.DB_POOL_MAX, primary, replicaOptions(config, passwords), (by) =>
    metrics.reads.inc({ by }),
  );
  const cache = new Cache(config, (outcome) => metrics.cacheRequests.inc({ outcome }));
  metrics.watchPool('primary', primary.pool);
  if (reads.pool) metrics.watchPool('replica', reads.pool);
  metrics.watchHold(primary.hold);
  const sessions = new Sessions(primary, cache);
  return {
    config,
    lifecycle,
    metrics,
    primary,
    reads,
    cache,
    sessions,
    entrance,
    passwords,
    rooms: {
      get disturbance() {
        return primary.hold.disturbance;
      },
      get isSilent() {
        return primary.hold.isSilent;
      },
      get piled() {
        return primary.hold.piled;
      },
      get waiting() {
        return primary.hold.waiting + reads.waiting + sessions.waiting;
      },
    },
  };
}
