import {
  awaitsRestart,
  configHolds,
  ENGINES,
  patchDynamicConfig,
  patroniDynamicConfig,
  readDynamicConfig,
  restartPending,
  type Secrets,
  sentinelHosts,
} from '@sbmcrm/engines';
import { probeHttp } from '@sbmcrm/http';
import { hostsInRole, hostsWith, type ServiceName } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { type Progress, waitFor } from '../progress.ts';
import { checkedServices, entryAnswers, observeCache, observeDatabase, observeMembers } from '../status.ts';

/** A part of the platform that has not come up by then will not come up by waiting longer. */
const SETTLE_TIMEOUT_MS = 90_000;

interface Settling {
  platform: Platform;
  secrets: Secrets;
  /** Hosts under a fault: not waited for. */
  excused: ReadonlySet<string>;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

const list = (names: readonly string[]) => names.join(', ');

async function settle(
  { progress, signal }: Settling,
  title: string,
  hint: string,
  probe: () => Promise<string | undefined>,
): Promise<void> {
  await progress.step(title, (note) => waitFor(probe, { timeoutMs: SETTLE_TIMEOUT_MS, note, signal, hint }));
}

/** Waits until every part works, in the order in which they depend on each other. */
export async function settleAll(settling: Settling): Promise<void> {
  const isFirst = (service: ServiceName) => ENGINES[service].urgent === true;
  for (const service of checkedServices().filter(isFirst)) await settleMembers(settling, service);
  await settleDatabase(settling);
  await settleCache(settling);
  await settleApplication(settling);
  for (const service of checkedServices().filter((each) => !isFirst(each))) await settleMembers(settling, service);
}

async function settleMembers(settling: Settling, service: ServiceName): Promise<void> {
  const { platform, excused } = settling;
  const hosts = hostsWith(platform.topology, service);
  const wanted = hosts.filter((host) => !excused.has(host.name));
  const title = ENGINES[service].member?.title ?? `${service} is healthy`;
  await settle(settling, title, `see \`sbmcrm logs ${hosts[0]?.name}/${service}\``, async () => {
    const up = await observeMembers(platform, service);
    const missing = wanted.filter((host) => !up.includes(host.name));
    return missing.length > 0 ? `${service} on ${list(missing.map((host) => host.name))} is not healthy` : undefined;
  });
}

async function settleDatabase(settling: Settling): Promise<void> {
  const { platform, excused } = settling;
  const mode = platform.spec.database.replicationMode;
  await settle(settling, 'PostgreSQL has a primary', 'see `sbmcrm logs postgres-a/patroni`', async () => {
    const { primary } = await observeDatabase(platform);
    return primary === null ? 'no primary yet' : undefined;
  });
  await applyDatabaseSettings(settling);
  await settle(settling, `standby and read replicas follow (${mode})`, 'see `sbmcrm status`', async () => {
    const database = await observeDatabase(platform);
    const missing = database.members.filter((member) => member.state !== 'running' && !excused.has(member.name));
    if (missing.length > 0) return list(missing.map((member) => `${member.name} is ${member.state}`));
    if (mode === 'sync' && !database.protected && excused.size === 0) return 'no synchronous standby yet';
    return undefined;
  });
}

/** Brings a changed spec to a running database: etcd holds the settings, the configuration files only begin them. */
async function applyDatabaseSettings({ platform, secrets, progress }: Settling): Promise<void> {
  const members = hostsInRole(platform.topology, 'database', 'read-replica');
  const wanted = patroniDynamicConfig(platform);
  const actual = await readDynamicConfig(members);
  if (actual === undefined) return;
  const asWanted = configHolds(actual, wanted);
  if (asWanted && !(await awaitsRestart(members))) return;
  await progress.step('Apply changed database settings', async (note) => {
    if (!asWanted) await patchDynamicConfig(members, secrets, wanted);
    await restartPending(members, secrets, note);
  });
}

async function settleCache(settling: Settling): Promise<void> {
  const { platform, secrets, excused } = settling;
  await settle(
    settling,
    'Redis has a primary, a standby and its Sentinels',
    'see `sbmcrm logs redis-a/redis`',
    async () => {
      const cache = await observeCache(platform, secrets);
      if (!cache.primary) return 'no primary yet';
      const missing = cache.members.filter(
        (member) => member.role !== 'primary' && !member.linked && !excused.has(member.name),
      );
      if (missing.length > 0) return `${list(missing.map((member) => member.name))} does not follow the primary`;
      const sentinels = sentinelHosts(platform.topology).filter((host) => !excused.has(host.name));
      return cache.sentinels.up < sentinels.length
        ? `${cache.sentinels.up} of ${sentinels.length} Sentinels answer`
        : undefined;
    },
  );
}

async function isReady(address: string, port: number): Promise<boolean> {
  return (await probeHttp(`http://${address}:${port}/readyz`))?.status === 200;
}

/**
 * Puts API servers that are ready into rotation at once, instead of after two checks of half a minute each.
 *
 * @param servers hosts that run one; those that are not ready are left as they are
 */
export async function returnToRotation(
  { cloud, spec }: Pick<Platform, 'cloud' | 'spec'>,
  servers: readonly { name: string; address: string }[],
): Promise<void> {
  const backends = await cloud.listBackends();
  for (const { name, address } of servers) {
    const state = backends.find((each) => each.name === name)?.state;
    // One that drains does so on purpose.
    if (state !== undefined && state !== 'unhealthy') continue;
    if (await isReady(address, spec.application.port)) await cloud.attachBackend(name, address, spec.application.port);
  }
}

async function settleApplication(settling: Settling): Promise<void> {
  const { platform, excused } = settling;
  const { cloud, spec, topology } = platform;
  const servers = (await cloud.listHosts()).filter(
    (host) => host.services.some((service) => service.name === 'api') && !excused.has(host.name),
  );
  await settle(
    settling,
    `${servers.length} API servers are ready`,
    `see \`sbmcrm logs ${servers[0]?.name}/api\``,
    async () => {
      const ready = await Promise.all(servers.map((host) => isReady(host.address, spec.application.port)));
      const missing = servers.filter((_, index) => !ready[index]);
      return missing.length > 0 ? `${list(missing.map((host) => host.name))} not ready` : undefined;
    },
  );
  await returnToRotation(platform, servers);
  await settle(settling, 'Load balancers serve the public address', 'see `sbmcrm logs lb-a/haproxy`', async () => {
    const hosts = await cloud.listHosts();
    if (!hosts.some((host) => host.addresses.includes(topology.network.floating.public)))
      return 'no holder of the address yet';
    const unhealthy = (await cloud.listBackends()).filter(
      (each) => each.state === 'unhealthy' && !excused.has(each.name),
    );
    if (unhealthy.length > 0) return `${list(unhealthy.map((each) => `${each.name} is ${each.state}`))}`;
    return (await entryAnswers(platform)) ? undefined : `127.0.0.1:${platform.record.port} does not answer yet`;
  });
}
