import type { BackendStatus, DiskRoom, Fault, HostStatus } from '@sbmcrm/cloud';
import { type CacheStatus, type DatabaseStatus, etcdHosts, type FiringAlert, type Slot } from '@sbmcrm/engines';
import { alertsOf, following } from '@sbmcrm/engines/prometheus';
import type { Topology } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import type { ScalingStatus } from '../scaling/capacity.ts';
import type { CanaryResult } from './canary.ts';
import { noticesOf } from './notices.ts';
import type { Observation } from './observation.ts';
import { apiUrl } from './observe.ts';
import type { Notice, Problem } from './problem.ts';
import { PLATFORM_DOWN, problemsOf } from './problems/problems.ts';

/** `status --json`, see docs/reference/cli.md. */
export interface PlatformStatus {
  state: 'healthy' | 'degraded' | 'down';
  /** Why it is not healthy, causes first; empty when it is. */
  problems: Problem[];
  /** The same in words alone. */
  reasons: string[];
  /** What is to be known and done some time, and is no reason not to be healthy. */
  notices: Notice[];
  /** On this machine; what watches the platform as long as one of the two answers. */
  endpoints: { api: string; prometheus?: string; alertmanager?: string };
  /** `disk`: room on it in bytes, while the host runs. */
  hosts: (Omit<HostStatus, 'initPid' | 'addresses' | 'managementAddress' | 'diskFailed' | 'diskGone'> & {
    disk?: DiskRoom;
  })[];
  /** `slots`: what followers have not got yet stays on the primary's disk; missing while nobody can tell. */
  database: DatabaseStatus & { slots?: Slot[] };
  cache: Omit<CacheStatus, 'sentinels'> & { sentinels: { up: number; quorum: number } };
  loadBalancer: { active: string | null; backends: Pick<BackendStatus, 'name' | 'state'>[] };
  quorum: { etcd: { up: number; of: number }; fastFailover: { on: boolean; reason?: string } };
  /** Whether a write and an own read through the entry work; missing where the entry does not answer. */
  canary?: CanaryResult;
  /** Those that hold now; missing where nothing watches, or no Prometheus answers. */
  alerts?: readonly FiringAlert[];
  /** How many API servers are wanted, and serve; missing where they do not come and go, or nobody can tell. */
  scaling?: ScalingStatus;
  faults: Pick<Fault, 'id' | 'kind' | 'target' | 'since' | 'until'>[];
}

/** Puts an observation into words and a verdict: pure. */
export function summarise(platform: Pick<Platform, 'spec' | 'topology' | 'record'>, seen: Observation): PlatformStatus {
  const { topology } = platform;
  const { hosts, database, cache, faults } = seen;
  const active = hosts.find((host) => host.addresses.includes(topology.network.floating.public))?.name ?? null;
  const problems = problemsOf(platform, seen);
  const { sentinels } = cache;
  return {
    state: !seen.entryAnswers ? 'down' : problems.length > 0 ? 'degraded' : 'healthy',
    problems,
    reasons: problems.map(({ text }) => text),
    notices: noticesOf(seen, Date.now()),
    endpoints: { api: apiUrl(platform), ...shownEndpoints(seen) },
    hosts: hosts.map(({ name, region, zone, address, state, services }) => ({
      name,
      region,
      zone,
      address,
      state,
      services,
      ...withDisk(seen.rooms?.get(name)),
    })),
    database: { ...database, ...(seen.servers ? { slots: seen.servers.slots } : {}) },
    cache: {
      primary: cache.primary,
      members: cache.members,
      sentinels: { up: sentinels.up, quorum: sentinels.quorum },
    },
    loadBalancer: { active, backends: seen.backends.map(({ name, state }) => ({ name, state })) },
    quorum: {
      etcd: { up: seen.membersUp.etcd?.length ?? 0, of: etcdHosts(topology).length },
      fastFailover: { on: false, reason: 'a failover waits for Patroni’s lease' },
    },
    ...(seen.entryAnswers ? { canary: seen.canary } : {}),
    ...(seen.alerts ? { alerts: withCauses(platform, seen.alerts) } : {}),
    ...(seen.scaling ? { scaling: seen.scaling } : {}),
    faults: faults.map(({ id, kind, target, since, until }) => ({
      id,
      kind,
      target,
      since,
      ...(until ? { until } : {}),
    })),
  };
}

/** Each with whether it only follows from another one. */
function withCauses(platform: Pick<Platform, 'spec' | 'topology'>, alerts: readonly FiringAlert[]): FiringAlert[] {
  const behind = new Set(alerts.length > 1 ? following(alerts, alertsOf(platform)) : []);
  return alerts.map((alert) => (behind.has(alert) ? { ...alert, follows: true as const } : alert));
}

function shownEndpoints({ membersUp, published = {} }: Pick<Observation, 'membersUp' | 'published'>) {
  const up: Record<string, readonly string[] | undefined> = membersUp;
  const answering = Object.entries(published).filter(([name]) => (up[name]?.length ?? 0) > 0);
  return Object.fromEntries(answering.map(([name, port]) => [name, `http://127.0.0.1:${port}`]));
}

const withDisk = (disk: DiskRoom | undefined) => (disk ? { disk } : {});

/** The status of a platform that is down: nothing is asked of anybody. Pure. */
export function downStatus({ spec, topology, record }: Pick<Platform, 'spec' | 'topology' | 'record'>): PlatformStatus {
  const stopped = (host: Topology['hosts'][number]): PlatformStatus['hosts'][number] => ({
    name: host.name,
    region: host.region,
    zone: host.zone,
    address: host.address,
    state: 'stopped',
    services: host.services.map((name) => ({ name, state: 'down', pid: null })),
  });
  return {
    state: 'down',
    problems: [PLATFORM_DOWN],
    reasons: [PLATFORM_DOWN.text],
    notices: [],
    endpoints: { api: apiUrl({ record }) },
    hosts: topology.hosts.map(stopped),
    database: { primary: null, replicationMode: spec.database.replicationMode, protected: false, members: [] },
    cache: { primary: null, members: [], sentinels: { up: 0, quorum: spec.cache.sentinel.quorum } },
    loadBalancer: { active: null, backends: [] },
    quorum: {
      etcd: { up: 0, of: etcdHosts(topology).length },
      fastFailover: { on: false, reason: 'the platform is down' },
    },
    faults: [],
  };
}
