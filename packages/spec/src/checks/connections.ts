import {
  derivedMaxConnections,
  effectiveMaxConnections,
  primaryPoolConnections,
  RESERVED_CONNECTIONS,
} from '../connections.ts';
import type { Spec } from '../schema.ts';
import { type Rule, set } from './finding.ts';

/** What the application must have even while every read replica is up. */
const leastConnections = (spec: Spec) => primaryPoolConnections(spec) + RESERVED_CONNECTIONS;

export const connectionsExceeded: Rule = {
  name: 'connections-exceeded',
  severity: 'error',
  find(spec) {
    const { database, application } = spec;
    const limit = effectiveMaxConnections(spec);
    if (leastConnections(spec) <= limit) return [];
    const pools = `${application.autoScaling.max} instances × pool.max ${database.pool.max}`;
    return [
      {
        path: 'database.maxConnections',
        message: `${pools} + ${RESERVED_CONNECTIONS} in reserve = ${leastConnections(spec)} connections, ${limit} are allowed`,
        reason: 'scaled out under load, the instances that come last get "too many clients" instead of a database',
        fix: set({ 'database.maxConnections': derivedMaxConnections(spec) }),
      },
    ];
  },
};

export const connectionsWithoutFallback: Rule = {
  name: 'connections-without-fallback',
  severity: 'warning',
  find(spec) {
    const limit = effectiveMaxConnections(spec);
    const needed = derivedMaxConnections(spec);
    if (leastConnections(spec) > limit || needed <= limit) return [];
    return [
      {
        path: 'database.maxConnections',
        message: `${limit} connections hold the primary pools, but not the read pools too (${needed})`,
        reason: 'with no read replica left, reads fall back to the primary and crowd out the writes',
        fix: set({ 'database.maxConnections': needed }),
      },
    ];
  },
};

/**
 * Each connection is a process of several megabytes, and every snapshot looks at all of them: past a thousand a small
 * server spends itself on them.
 */
const MANY_CONNECTIONS = 1000;

export const connectionsTooMany: Rule = {
  name: 'connections-too-many',
  severity: 'warning',
  find(spec) {
    const limit = effectiveMaxConnections(spec);
    if (limit <= MANY_CONNECTIONS) return [];
    return [
      {
        path: spec.database.maxConnections === undefined ? 'database.pool.max' : 'database.maxConnections',
        message: `the database must hold ${limit} connections, more than ${MANY_CONNECTIONS}`,
        reason: 'each PostgreSQL connection is a process: memory runs out, or all of them slow down together',
        fix: fewerConnections(spec),
      },
    ];
  },
};

function fewerConnections(spec: Spec): string {
  const { application, database } = spec;
  if (derivedMaxConnections(spec) <= MANY_CONNECTIONS) {
    return set({ 'database.maxConnections': derivedMaxConnections(spec) });
  }
  // At most 99 instances: at least 4 connections each.
  const poolMax = Math.floor((MANY_CONNECTIONS - RESERVED_CONNECTIONS) / 2 / application.autoScaling.max);
  return set({
    'database.pool.max': poolMax,
    ...(database.pool.min > poolMax ? { 'database.pool.min': poolMax } : {}),
    ...(database.maxConnections === undefined ? {} : { 'database.maxConnections': MANY_CONNECTIONS }),
  });
}
