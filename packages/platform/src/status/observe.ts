import {
  type CacheStatus,
  type DatabaseStatus,
  etcdMemberHealthy,
  type HealthAnswer,
  probeCache,
  probeDatabase,
  probeHealth,
  probeHttp,
  type RunOnRedis,
  type Secrets,
} from '@sbmcrm/engines';
import { isPlatformUp } from '@sbmcrm/local';
import { hostsInRole, hostsWith } from '@sbmcrm/topology';
import type { Platform } from '../workspace.ts';

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
  const hosts = hostsInRole(platform.topology, 'database', 'read-replica');
  return probeDatabase(hosts, replicationMode, () => isUp(platform));
}

/** The cache's members as they are now. @param run default: a new connection for each */
export async function observeCache(platform: Seen, secrets: Secrets, run?: RunOnRedis): Promise<CacheStatus> {
  const { spec, topology } = platform;
  const { quorum } = spec.cache.sentinel;
  const sentinels = hostsWith(topology, 'sentinel');
  if (!isUp(platform)) return { primary: null, members: [], sentinels: { up: 0, of: sentinels.length, quorum } };
  return probeCache(hostsInRole(topology, 'cache'), sentinels, quorum, secrets, run);
}

/** Names of etcd members that answer and see a leader. */
export async function observeEtcd(platform: Seen): Promise<string[]> {
  if (!isUp(platform)) return [];
  const members = hostsWith(platform.topology, 'etcd');
  const healthy = await Promise.all(members.map(etcdMemberHealthy));
  return members.filter((_, index) => healthy[index]).map((host) => host.name);
}

/** What the API servers answer on the path that the load balancers check. @param except hosts that are not asked */
export async function observeHealth(platform: Seen, except: ReadonlySet<string>): Promise<HealthAnswer[]> {
  if (!isUp(platform)) return [];
  const { application, loadBalancer } = platform.spec;
  const servers = hostsWith(platform.topology, 'api').filter((host) => !except.has(host.name));
  return probeHealth(servers, application.port, loadBalancer.healthCheck.path);
}

/** The CRM's public entry on this machine. */
export function apiUrl({ record }: Pick<Platform, 'record'>): string {
  return `http://127.0.0.1:${record.port}`;
}

/** True if something behind the entry answers. */
export async function entryAnswers(platform: Pick<Platform, 'record'>): Promise<boolean> {
  return (await probeHttp(`${apiUrl(platform)}/livez`, { timeoutMs: 1500 }))?.status === 200;
}
