import type { Config } from '../config.ts';
import type { PrimaryOptions, ServerOptions } from '../resilience/options.ts';
import type { Passwords } from '../resilience/passwords.ts';

/** How the environment says that the primary is used. */
export function primaryOptions(config: Config, passwords: Passwords): PrimaryOptions {
  return {
    server: serverOptions(config, config.DB_PRIMARY_HOST, passwords),
    queue: config.HOLD_QUEUE,
    deadlineMs: config.HOLD_DEADLINE_MS,
    failoverMs: config.FAILOVER_WITHIN_MS,
  };
}

/** The same of the replicas; undefined: there are none. */
export function replicaOptions(config: Config, passwords: Passwords): ServerOptions | undefined {
  return config.DB_REPLICA_HOST === undefined ? undefined : serverOptions(config, config.DB_REPLICA_HOST, passwords);
}

function serverOptions(config: Config, host: string, passwords: Passwords): ServerOptions {
  return {
    host,
    port: config.DB_PORT,
    database: config.DB_NAME,
    user: config.DB_USER,
    passwords,
    applicationName: config.INSTANCE_NAME,
    max: config.DB_POOL_MAX,
    min: config.DB_POOL_MIN,
    idleTimeoutMs: config.DB_POOL_IDLE_TIMEOUT_MS,
    connectionTimeoutMs: config.DB_POOL_CONNECTION_TIMEOUT_MS,
  };
}

/** The passwords of the database's user, in the order in which they are tried. */
export function databasePasswords({ DB_PASSWORD: first, DB_PASSWORD_OTHER: other }: Config): string[] {
  return other === undefined ? [first] : [first, other];
}
