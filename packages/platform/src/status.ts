import {
  type CacheStatus,
  type DatabaseStatus,
  etcdMemberHealthy,
  probeCache,
  probeDatabase,
  type Secrets,
} from '@sbmcrm/engines';
import { type BackendStatus, type Fault, type HostStatus, isPlatformUp, machineReasons } from '@sbmcrm/local';
import { hostsInRole, hostsWith, type Topology } from '@sbmcrm/topology';
import { readSecrets } from './secrets.ts';
import type { Platform } from './workspace.ts';

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
  /** The entry on 127.0.0.1 answers. */
  entryAnswers: boolean;
  /** What on the machine hurts the platform, or will soon. */
  machine?: readonly string[];
  /** The local cloud answers; without it nothing is known of hosts. */
  cloudAnswers: boolean;
}

/** Puts an observation into words and a verdict: pure. */
export function summarise(topology: Topology, apiUrl: string, seen: Observation): PlatformStatus {
  const { hosts, database, cache, faults } = seen;
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
  if (!seen.entryAnswers) reasons.push(`${apiUrl} does not answer`);
  for (const fault of faults) reasons.push(`fault ${fault.id}: ${fault.kind} ${fault.target}`);

  return {
    state: !seen.entryAnswers ? 'down' : reasons.length > 0 ? 'degraded' : 'healthy',
    reasons,
    endpoints: { api: apiUrl },
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
    faults: faults.map(({ id, kind, target, since, until }) => ({
      id,
      kind,
      target,
      since,
      ...(until ? { until } : {}),
    })),
  };
}

/** What a look at engines needs to know of a platform. */
type Seen = Pick<Platform, 'spec' | 'topology' | 'paths' | 'record'>;

/**
 * Whether the platform is registered as up on this machine. While it is not, its addresses are nobody's here, and nothing may
 * be sent to them.
 */
export function isUp({ paths, record }: Pick<Platform, 'paths' | 'record'>): boolean {
  return isPlatformUp(record.network, paths.root);
}

/** The database's members as they are now. */
export async function observeDatabase(platform: Seen): Promise<DatabaseStatus> {
  const { replicationMode } = platform.spec.database;
  if (!isUp(platform)) return { primary: null, replicationMode, protected: false, members: [] };
  return probeDatabase(hostsInRole(platform.topology, 'database', 'read-replica'), replicationMode);
}

/** The cache's members as they are now. */
export async function observeCache(platform: Seen, secrets: Secrets): Promise<CacheStatus> {
  const { spec, topology } = platform;
  const { quorum } = spec.cache.sentinel;
  const sentinels = hostsWith(topology, 'sentinel');
  if (!isUp(platform)) return { primary: null, members: [], sentinels: { up: 0, of: sentinels.length, quorum } };
  return probeCache(hostsInRole(topology, 'cache'), sentinels, quorum, secrets);
}

/** Names of etcd members that answer and see a leader. */
export async function observeEtcd(platform: Seen): Promise<string[]> {
  if (!isUp(platform)) return [];
  const members = hostsWith(platform.topology, 'etcd');
  const healthy = await Promise.all(members.map(etcdMemberHealthy));
  return members.filter((_, index) => healthy[index]).map((host) => host.name);
}

/** The CRM's public entry on this machine. */
export function apiUrl({ record }: Pick<Platform, 'record'>): string {
  return `http://127.0.0.1:${record.port}`;
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

/** True if something behind the entry answers, whatever it says. */
export async function entryAnswers(platform: Pick<Platform, 'record'>): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrl(platform)}/livez`, { signal: AbortSignal.timeout(1500) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Looks at everything at once; takes about a second at most, also when hosts are silent. */
export async function platformStatus(platform: Platform): Promise<PlatformStatus> {
  if (!isUp(platform)) return downStatus(platform);
  const secrets = readSecrets(platform.paths);
  let cloudAnswers = true;
  const fromCloud = async <T>(call: Promise<T[]>): Promise<T[]> => {
    try {
      return await call;
    } catch {
      cloudAnswers = false;
      return [];
    }
  };
  const [hosts, faults, backends, database, cache, etcdUp, answers] = await Promise.all([
    fromCloud(platform.cloud.listHosts()),
    fromCloud(platform.cloud.listFaults()),
    fromCloud(platform.cloud.listBackends()),
    observeDatabase(platform),
    observeCache(platform, secrets),
    observeEtcd(platform),
    entryAnswers(platform),
  ]);
  const machine = machineReasons({ root: platform.paths.root, port: platform.record.port });
  const seen = { hosts, faults, backends, database, cache, etcdUp, entryAnswers: answers, cloudAnswers, machine };
  return summarise(platform.topology, apiUrl(platform), seen);
}
