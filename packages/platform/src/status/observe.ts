import {
  type CacheStatus,
  type DatabaseStatus,
  ENGINES,
  type FiringAlert,
  firingAlerts,
  type HealthAnswer,
  probeCache,
  probeDatabase,
  probeHealth,
  prometheusUrl,
  type RunOnRedis,
  type Secrets,
  sentinelHosts,
  together,
} from '@sbmcrm/engines';
import { probeHttp } from '@sbmcrm/http';
import { isPlatformUp } from '@sbmcrm/local';
import { hostsInRole, hostsWith, type ServiceName } from '@sbmcrm/topology';
import type { MembersUp } from '../members-up.ts';
import type { Platform } from '../opened.ts';

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
  const sentinels = sentinelHosts(topology);
  if (!isUp(platform)) return { primary: null, members: [], sentinels: { up: 0, of: sentinels.length, quorum } };
  return probeCache(hostsInRole(topology, 'cache'), sentinels, quorum, secrets, run);
}

/** Names of hosts whose member of an engine is healthy by its own word; empty for an engine whose members are not asked. */
export async function observeMembers(platform: Seen, service: ServiceName): Promise<string[]> {
  const { member } = ENGINES[service];
  if (!member || !isUp(platform)) return [];
  const hosts = hostsWith(platform.topology, service);
  const healthy = await Promise.all(hosts.map((host) => member.isHealthy(host)));
  return hosts.filter((_, index) => healthy[index]).map((host) => host.name);
}

/** The same of each engine whose members are asked. */
export async function observeAllMembers(platform: Seen): Promise<MembersUp> {
  const asked = await Promise.all(
    checkedServices().map(async (service) => [service, await observeMembers(platform, service)] as const),
  );
  return Object.fromEntries(asked);
}

/** Engines of which a member says that its quota is used up. */
export async function observeFull(platform: Seen): Promise<ServiceName[]> {
  if (!isUp(platform)) return [];
  const full = checkedServices().map(async (service) => {
    const { full: check } = ENGINES[service].member ?? {};
    const answers = await Promise.all(
      hostsWith(platform.topology, service).map((host) => check?.isFull(host) ?? false),
    );
    return answers.includes(true) ? [service] : [];
  });
  return (await Promise.all(full)).flat();
}

/** Alerts that hold, as those Prometheus have them that answer; undefined: none does, or none is wanted. */
export async function observeAlerts(platform: Seen): Promise<FiringAlert[] | undefined> {
  if (!isUp(platform)) return undefined;
  const told = await Promise.all(
    hostsInRole(platform.topology, 'monitor').map((host) => firingAlerts(prometheusUrl(host))),
  );
  const known = told.flatMap((alerts) => (alerts === undefined ? [] : [alerts]));
  return known.length > 0 ? together(known) : undefined;
}

/** Services whose members say themselves whether they are healthy. */
export function checkedServices(): ServiceName[] {
  return (Object.keys(ENGINES) as ServiceName[]).filter((service) => ENGINES[service].member !== undefined);
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
