import type { Config } from '../config.ts';
import type { PrimaryOptions, ServerOptions } from '../resilience/options.ts';

/** How the environment says that the primary is used. */
export function primaryOptions(config: Config): PrimaryOptions {
  return {
    server: serverOptions(config, config.DB_PRIMARY_HOST),
    queue: config.HOLD_QUEUE,
    deadlineMs: config.HOLD_DEADLINE_MS,
    failoverMs: config.FAILOVER_WITHIN_MS,
  };
}

/** The same of the replicas; undefined: there are none. */
export function replicaOptions(config: Config): ServerOptions | undefined {
  return config.DB_REPLICA_HOST === undefined ? undefined : serverOptions(config, config.DB_REPLICA_HOST);
}

function serverOptions(config: Config, host: string): ServerOptions {
  return {
    host,
    port: config.DB_PORT,
    database: config.DB_NAME,
    user: config.DB_USER,
    password: config.DB_PASSWORD,
    applicationName: config.INSTANCE_NAME,
    max: config.DB_POOL_MAX,
    min: config.DB_POOL_MIN,
    idleTimeoutMs: config.DB_POOL_IDLE_TIMEOUT_MS,
    connectionTimeoutMs: config.DB_POOL_CONNECTION_TIMEOUT_MS,
  };
}
