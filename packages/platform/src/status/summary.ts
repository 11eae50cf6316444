import type { CacheStatus, DatabaseMember, DatabaseStatus, HealthAnswer } from '@sbmcrm/engines';
import type { BackendStatus, Fault, HostStatus } from '@sbmcrm/local';
import { hostsWith, type Topology } from '@sbmcrm/topology';
import type { Platform } from '../workspace.ts';
import type { CanaryResult } from './canary.ts';
import { apiUrl } from './observe.ts';

/** `status --json`, see docs/reference/cli.md. */
export interface PlatformStatus {
  state: 'healthy' | 'degraded' | 'down';
  /** Why it is not healthy, in words; empty when it is. */
  reasons: string[];
  endpoints: { api: string };
  hosts: Omit<HostStatus, 'initPid' | 'addresses' | 'diskFailed'>[];
  database: DatabaseStatus;
  cache: Omit<CacheStatus, 'sentinels'> & { sentinels: { up: number; quorum: number } };
  loadBalancer: { active: string | null; backends: Pick<BackendStatus, 'name' | 'state'>[] };
  quorum: { etcd: { up: number; of: number }; fastFailover: { on: boolean; reason?: string } };
  /** Whether a write and an own read through the entry work; missing where the entry does not answer. */
  canary?: CanaryResult;
  faults: Pick<Fault, 'id' | 'kind' | 'target' | 'since' | 'until'>[];
}

/** What was seen of a platform at one moment. */
export interface Observation {
  hosts: HostStatus[];
  faults: Fault[];
  backends: BackendStatus[];
  database: DatabaseStatus;
  cache: CacheStatus;
  etcdUp: string[];
  /** Answers of API servers on the path that the load balancers check. */
  health: readonly HealthAnswer[];
  canary: CanaryResult;
  /** The entry on 127.0.0.1 answers. */
  entryAnswers: boolean;
  /** What on the machine hurts the platform, or will soon. */
  machine?: readonly string[];
  /** The local cloud answers; without it nothing is known of hosts. */
  cloudAnswers: boolean;
}

/** Why a member that runs is no good copy of the primary; undefined when it is. Pure. */
function lagReason({ name, lagSeconds, replayPaused }: DatabaseMember, limitMs: number): string | undefined {
  const behind = lagSeconds !== null && lagSeconds >= 1 ? `${Math.round(lagSeconds)} s` : undefined;
  if (replayPaused) return behind ? `${name} is ${behind} behind (replay is paused)` : `replay is paused on ${name}`;
  return lagSeconds !== null && lagSeconds * 1000 > limitMs ? `${name} is ${behind} behind` : undefined;
}

/** Why an API server is not well by its own word; undefined when it is, or when it cannot answer and that is told already. Pure. */
function healthReason(
  { name, status, notes }: HealthAnswer,
  path: string,
  hosts: readonly HostStatus[],
): string | undefined {
  const host = hosts.find((each) => each.name === name);
  const runs = host?.state === 'running' && host.services.every((service) => service.state === 'up');
  if (status === null) return runs ? `${name} does not answer at ${path}` : undefined;
  if (status === 200) return notes.length > 0 ? `${name}: ${notes.join(', ')}` : undefined;
  return notes.length > 0
    ? `${name} answers ${status} at ${path}: ${notes.join(', ')}`
    : `${name} answers ${status} at ${path} (loadBalancer.healthCheck.path)`;
}

/** Puts an observation into words and a verdict: pure. */
export function summarise(platform: Pick<Platform, 'spec' | 'topology' | 'record'>, seen: Observation): PlatformStatus {
  const { spec, topology } = platform;
  const { hosts, database, cache, faults } = seen;
  const api = apiUrl(platform);
  const active = hosts.find((host) => host.addresses.includes(topology.network.floating.public))?.name ?? null;
  // Causes first: what the machine lacks shows everywhere else.
  const reasons: string[] = [...(seen.machine ?? [])];
  if (!seen.cloudAnswers) reasons.push('the local cloud does not answer (`sbmcrm up` starts it again)');
  for (const host of hosts) {
    if (host.diskFailed)
      reasons.push(`the disk of ${host.name} takes no writes any more: \`sbmcrm up\` starts the host again`);
    if (host.state !== 'running') reasons.push(`host ${host.name} is ${host.state}`);
    else
      for (const service of host.services)
        if (service.state === 'down') reasons.push(`${host.name}/${service.name} is down`);
  }
  const etcdHosts = hostsWith(topology, 'etcd');
  for (const host of etcdHosts)
    if (!seen.etcdUp.includes(host.name)) reasons.push(`etcd on ${host.name} is not healthy`);
  if (!database.primary) reasons.push('the database has no primary');
  for (const member of database.members) {
    if (member.state !== 'running') reasons.push(`PostgreSQL on ${member.name} is ${member.state}`);
    else {
      const reason = lagReason(member, spec.alerts.critical.replicationLag);
      if (reason) reasons.push(reason);
    }
  }
  if (database.replicationMode === 'sync' && database.primary && !database.protected) {
    reasons.push('no synchronous standby: a write is on one host only');
  }
  if (!cache.primary) reasons.push('the cache has no primary');
  for (const member of cache.members) {
    if (member.role !== 'primary' && !member.linked)
      reasons.push(`Redis on ${member.name} does not follow the primary`);
  }
  const { sentinels } = cache;
  if (sentinels.up < sentinels.of) reasons.push(`${sentinels.up} of ${sentinels.of} Sentinels answer`);
  if (!active) reasons.push('no load balancer holds the public address');
  for (const backend of seen.backends)
    if (backend.state !== 'healthy') reasons.push(`${backend.name} is ${backend.state} behind the load balancer`);
  for (const answer of seen.health) {
    const reason = healthReason(answer, spec.loadBalancer.healthCheck.path, hosts);
    if (reason) reasons.push(reason);
  }
  if (!seen.entryAnswers) reasons.push(`${api} does not answer`);
  else if (!seen.canary.ok) reasons.push(seen.canary.reason);
  for (const fault of faults) reasons.push(`fault ${fault.id}: ${fault.kind} ${fault.target}`);

  return {
    state: !seen.entryAnswers ? 'down' : reasons.length > 0 ? 'degraded' : 'healthy',
    reasons,
    endpoints: { api },
    hosts: hosts.map(({ name, zone, address, state, services }) => ({ name, zone, address, state, services })),
    database,
    cache: {
      primary: cache.primary,
      members: cache.members,
      sentinels: { up: sentinels.up, quorum: sentinels.quorum },
    },
    loadBalancer: { active, backends: seen.backends.map(({ name, state }) => ({ name, state })) },
    quorum: {
      etcd: { up: seen.etcdUp.length, of: etcdHosts.length },
      fastFailover: { on: false, reason: 'no witnesses run: failover waits for Patroni’s lease' },
    },
    ...(seen.entryAnswers ? { canary: seen.canary } : {}),
    faults: faults.map(({ id, kind, target, since, until }) => ({
      id,
      kind,
      target,
      since,
      ...(until ? { until } : {}),
    })),
  };
}

/** The status of a platform that is down: nothing is asked of anybody. Pure. */
export function downStatus({ spec, topology, record }: Pick<Platform, 'spec' | 'topology' | 'record'>): PlatformStatus {
  const stopped = (host: Topology['hosts'][number]): PlatformStatus['hosts'][number] => ({
    name: host.name,
    zone: host.zone,
    address: host.address,
    state: 'stopped',
    services: host.services.map((name) => ({ name, state: 'down', pid: null })),
  });
  return {
    state: 'down',
    reasons: ['the platform is down: `sbmcrm up` brings it back with its data'],
    endpoints: { api: apiUrl({ record }) },
    hosts: topology.hosts.map(stopped),
    database: { primary: null, replicationMode: spec.database.replicationMode, protected: false, members: [] },
    cache: { primary: null, members: [], sentinels: { up: 0, quorum: spec.cache.sentinel.quorum } },
    loadBalancer: { active: null, backends: [] },
    quorum: {
      etcd: { up: 0, of: hostsWith(topology, 'etcd').length },
      fastFailover: { on: false, reason: 'the platform is down' },
    },
    faults: [],
  };
}
