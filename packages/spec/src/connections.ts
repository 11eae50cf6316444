import type { Spec } from './schema.ts';

/**
 * Connections that are not the application's: superusers (PostgreSQL keeps 3 for them), Patroni, monitoring, backups and
 * people. Replication is not among them: WAL senders have had their own limit since PostgreSQL 12.
 */
export const RESERVED_CONNECTIONS = 20;

/** Connections of clients that a load balancer holds: those beyond wait in the system's own queue, unseen. */
export const ENTRY_CONNECTIONS = 5000;

/** Connections that the fleet's pools for the primary can open at its greatest size. */
export function primaryPoolConnections({ application, database }: Spec): number {
  return application.autoScaling.max * database.pool.max;
}

/**
 * `max_connections` that is enough for every database server in every role: for the greatest number of instances the
 * primary pool, and as much again for the read pool, since reads fall back to the primary when no replica is left; and
 * the reserve.
 */
export function derivedMaxConnections(spec: Spec): number {
  return 2 * primaryPoolConnections(spec) + RESERVED_CONNECTIONS;
}

/** `max_connections` that the database servers get: `database.maxConnections`, or else the derived number. */
export function effectiveMaxConnections(spec: Spec): number {
  return spec.database.maxConnections ?? derivedMaxConnections(spec);
}
