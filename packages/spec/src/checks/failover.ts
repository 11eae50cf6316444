import { ENTRY_CONNECTIONS } from '../connections.ts';
import type { Spec } from '../schema.ts';
import { formatDuration } from '../units.ts';
import { type Rule, set } from './finding.ts';

/** Patroni's loop_wait as the platform sets it: a standby looks at the lease this often. Milliseconds. */
export const LOOP_WAIT = 1000;

/**
 * From the lapsed lease to the next write: the race of the members for the lead (up to 2 s when the dead one is silent),
 * the promotion, and the load balancer's look at the new primary. Milliseconds; 0.5 s was measured at best.
 */
const PROMOTION = 5000;

/** What a failover by lease takes at worst, in milliseconds: the primary renews its lease and dies at once. */
export function worstFailover({ database }: Spec): number {
  return database.leaseTtl + LOOP_WAIT + PROMOTION;
}

/** Patroni takes no shorter lease. */
const SHORTEST_LEASE = 20_000;

export const failoverDisabled: Rule = {
  name: 'failover-disabled',
  severity: 'warning',
  find({ database }) {
    if (database.automaticFailover.enabled) return [];
    return [
      {
        path: 'database.automaticFailover.enabled',
        message: 'the standby is not promoted without being told',
        reason: 'when the primary dies, writes stop until somebody wakes up',
        fix: set({ 'database.automaticFailover.enabled': true }),
      },
    ];
  },
};

export const failoverGoal: Rule = {
  name: 'failover-goal',
  severity: 'error',
  find(spec) {
    const { leaseTtl, automaticFailover } = spec.database;
    const goal = automaticFailover.within;
    const worst = worstFailover(spec);
    if (!automaticFailover.enabled || worst <= goal) return [];
    const longestLease = Math.floor((goal - LOOP_WAIT - PROMOTION) / 1000) * 1000;
    return [
      {
        path: 'database.automaticFailover.within',
        message: `${formatDuration(goal)} is less than a failover by lease can take (${formatDuration(worst)})`,
        reason: `the lease runs for leaseTtl (${formatDuration(leaseTtl)}) from its last renewal, then a standby must notice (${formatDuration(LOOP_WAIT)}) and be promoted (${formatDuration(PROMOTION)})`,
        fix:
          longestLease >= SHORTEST_LEASE
            ? set({ 'database.leaseTtl': formatDuration(longestLease) })
            : set({ 'database.automaticFailover.within': formatDuration(worst) }),
      },
    ];
  },
};

export const holdTooShort: Rule = {
  name: 'hold-too-short',
  severity: 'warning',
  find({ application: { hold }, database: { automaticFailover } }) {
    if (hold.deadline >= automaticFailover.within) return [];
    return [
      {
        path: 'application.hold.deadline',
        message: `requests wait ${formatDuration(hold.deadline)}, a failover may take ${formatDuration(automaticFailover.within)}`,
        reason: 'requests fail during a failover that meets its goal',
        fix: set({ 'application.hold.deadline': formatDuration(automaticFailover.within) }),
      },
    ];
  },
};

export const holdBeyondEntry: Rule = {
  name: 'hold-beyond-entry',
  severity: 'warning',
  find({ application: { hold } }) {
    if (hold.queue <= ENTRY_CONNECTIONS) return [];
    return [
      {
        path: 'application.hold.queue',
        message: `${hold.queue} requests may wait, the load balancer holds ${ENTRY_CONNECTIONS} connections`,
        reason:
          'the queue never fills: clients beyond what the load balancer holds wait at the entry, without an answer',
        fix: set({ 'application.hold.queue': ENTRY_CONNECTIONS }),
      },
    ];
  },
};

export const holdWithoutRetry: Rule = {
  name: 'hold-without-retry',
  severity: 'error',
  find({ application: { hold }, database: { pool } }) {
    if (pool.connectionTimeout < hold.deadline) return [];
    const usual = 2000;
    return [
      {
        path: 'database.pool.connectionTimeout',
        message: `one attempt to connect (${formatDuration(pool.connectionTimeout)}) takes all the time that a request may wait (${formatDuration(hold.deadline)})`,
        reason: 'an attempt at a dead primary never ends in time for a second one at the new primary',
        fix: set({ 'database.pool.connectionTimeout': formatDuration(Math.min(usual, Math.floor(hold.deadline / 2))) }),
      },
    ];
  },
};

export const asyncReplication: Rule = {
  name: 'async-replication',
  severity: 'warning',
  find({ database }) {
    if (database.replicationMode === 'sync') return [];
    return [
      {
        path: 'database.replicationMode',
        message: 'the primary acknowledges a write before the standby has it',
        reason: "when the primary's host dies, acknowledged writes of the last moments can be lost",
        fix: set({ 'database.replicationMode': 'sync' }),
      },
    ];
  },
};

export const sentinelTimeout: Rule = {
  name: 'sentinel-timeout',
  severity: 'error',
  find({ cache: { sentinel } }) {
    const { downAfter, failoverTimeout } = sentinel;
    if (failoverTimeout >= downAfter) return [];
    return [
      {
        path: 'cache.sentinel.failoverTimeout',
        message: `${formatDuration(failoverTimeout)} is shorter than downAfter (${formatDuration(downAfter)})`,
        reason:
          'Sentinel gives a failover less time than it takes to find a host silent, and after giving up waits twice the time-out',
        fix: set({ 'cache.sentinel.failoverTimeout': formatDuration(2 * downAfter) }),
      },
    ];
  },
};

/** In milliseconds. Below it a busy machine is taken for a dead one: see redis/redis#8607. */
const SHORTEST_SILENCE = 2000;

export const hastySentinel: Rule = {
  name: 'hasty-sentinel',
  severity: 'warning',
  find({ cache: { sentinel } }) {
    const { downAfter } = sentinel;
    if (downAfter >= SHORTEST_SILENCE) return [];
    return [
      {
        path: 'cache.sentinel.downAfter',
        message: `${formatDuration(downAfter)} of silence are taken for a dead master`,
        reason:
          'a master that is only busy is silent for as long: the cache fails over without a fault, again and again',
        fix: set({ 'cache.sentinel.downAfter': formatDuration(SHORTEST_SILENCE) }),
      },
    ];
  },
};
