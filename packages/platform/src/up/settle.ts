import {
  awaitsRestart,
  configHolds,
  DATABASE_AGENT,
  ENGINES,
  endService,
  isBarred,
  isByHand,
  LOAD_BALANCER,
  patchDynamicConfig,
  patroniDynamicConfig,
  readDynamicConfig,
  restartPending,
  type Secrets,
  sentinelHosts,
} from '@sbmcrm/engines';
import { probeHttp } from '@sbmcrm/http';
import { hostsInRole, hostsWith, type ServiceName } from '@sbmcrm/topology';
import { dueLogins, setBack } from '../logins/steps.ts';
import type { Platform } from '../opened.ts';
import { type Progress, waitFor } from '../progress.ts';
import { Copying } from '../repair/copying.ts';
import { checkOf } from '../repair/damage.ts';
import { runIn } from '../repair/hosts.ts';
import { forgetReplaced } from '../repair/replaced.ts';
import {
  checkedServices,
  entryAnswers,
  observeCache,
  observeDatabase,
  observeFull,
  observeMembers,
} from '../status.ts';
import type { Patience } from './patience.ts';

export interface Settling {
  platform: Platform;
  secrets: Secrets;
  /** Hosts under a fault: not waited for. */
  excused: ReadonlySet<string>;
  progress: Progress;
  patience: Patience;
}

/** The watch looks each second. */
const BARRED_MS = 10_000;
const FOLLOWS_AGAIN_MS = 60_000;

const list = (names: readonly string[]) => names.join(', ');

/**
 * Waits until every part works, in the order in which they depend on each other. One that does not come keeps no other from coming.
 *
 * @throws ToolError NOT_IN_TIME; Interrupted
 */
export async function settleAll(settling: Settling): Promise<void> {
  const isFirst = (service: ServiceName) => ENGINES[service].urgent === true;
  for (const service of checkedServices().filter(isFirst)) await settleMembers(settling, service);
  await settleDatabase(settling);
  await settleCache(settling);
  await settleApplication(settling);
  for (const service of checkedServices().filter((each) => !isFirst(each))) await settleMembers(settling, service);
  settling.patience.end();
}

async function settleMembers(settling: Settling, service: ServiceName): Promise<void> {
  const { platform, secrets, excused, patience } = settling;
  const wanted = hostsWith(platform.topology, service).filter((host) => !excused.has(host.name));
  if (hostsWith(platform.topology, service).length === 0) return;
  const title = ENGINES[service].member?.title ?? `${service} is healthy`;
  await patience.wait({ title, service }, async () => {
    const up = await observeMembers(platform, service);
    const missing = wanted.filter((host) => !up.includes(host.name)).map(({ name }) => name);
    return missing.length > 0 ? { text: `${service} on ${list(missing)} is not healthy`, host: missing[0] } : undefined;
  });
  const { full } = ENGINES[service].member ?? {};
  if (full && (await observeFull(platform)).includes(service)) {
    await patience.attempt({ do: 'make-room', service }, () => full.makeRoom(platform.topology, secrets));
  }
}

async function settleDatabase(settling: Settling): Promise<void> {
  const { platform, excused, progress, patience } = settling;
  const mode = platform.spec.database.replicationMode;
  const [first] = hostsInRole(platform.topology, 'database');
  const leads = await patience.wait({ title: 'PostgreSQL has a primary', service: DATABASE_AGENT }, async () => {
    const { primary, members } = await observeDatabase(platform);
    if (primary !== null) return undefined;
    // One that tries and fails says more than one that waits.
    const failed = members.find(({ state, role }) => state === 'failed' && role !== 'replica')?.name;
    return { text: 'no primary yet', host: failed ?? first?.name };
  });
  if (!leads) return;
  await settleLogins(settling);
  await applyDatabaseSettings(settling);
  const title = `standby and read replicas follow (${mode})`;
  const copying = new Copying();
  const follow = await patience.wait({ title, service: DATABASE_AGENT }, async () => {
    const database = await observeDatabase(platform);
    const missing = database.members.filter((member) => member.state !== 'running' && !excused.has(member.name));
    if (missing.length > 0) {
      const names = missing.map(({ name }) => name);
      const { text, getsOn } = await copying.look(platform.cloud, names);
      const states = list(missing.map((member) => `${member.name} is ${member.state}`));
      return { text: text ?? states, host: names[0], getsOn };
    }
    const isAlone = mode === 'sync' && !database.protected && excused.size === 0;
    return isAlone ? { text: 'no synchronous standby yet', host: database.primary ?? undefined } : undefined;
  });
  if (follow) await forgetReplaced(platform, progress);
  if (follow && isByHand(platform)) await barStandbys(settling);
}

/** Logins that somebody changed are as the secrets say again. */
async function settleLogins({ platform, secrets, excused, patience }: Settling): Promise<void> {
  for (const step of await dueLogins(platform, secrets)) {
    if (!excused.has(step.host)) await patience.attempt(step, () => setBack(platform, secrets, step));
  }
}

/**
 * Where nobody is promoted without being told, the standby is barred by its own watch. A Patroni that an earlier version of this software
 * started does not read what the watch writes: it is started again.
 */
async function barStandbys({ platform, excused, patience, progress }: Settling): Promise<void> {
  const { primary } = await observeDatabase(platform);
  const standbys = hostsInRole(platform.topology, 'database').filter(
    ({ name }) => name !== primary && !excused.has(name),
  );
  for (const host of standbys) {
    const missing = async () => ((await isBarred(host)) === false ? `${host.name} may still be promoted` : undefined);
    const isIt = await progress.step('nobody is promoted without being told', (note) =>
      waitFor(missing, { timeoutMs: BARRED_MS, note }).then(
        () => true,
        () => false,
      ),
    );
    if (isIt) continue;
    await patience.attempt({ do: 'take-over', host: host.name, services: [DATABASE_AGENT] }, async () => {
      await runIn(platform.cloud, host.name, endService(DATABASE_AGENT, 60).join('\n'));
      await platform.cloud.startService(host.name, DATABASE_AGENT);
      await waitFor(missing, { timeoutMs: FOLLOWS_AGAIN_MS });
    });
  }
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
  const { platform, secrets, excused, patience } = settling;
  const { service } = checkOf('cache');
  const sentinels = sentinelHosts(platform.topology).filter((host) => !excused.has(host.name));
  await settleLogins(settling);
  await patience.wait({ title: 'Redis has a primary, a standby and its Sentinels', service }, async () => {
    const cache = await observeCache(platform, secrets);
    const unwell = cache.members.filter(
      ({ role, linked, name }) => role !== 'primary' && !linked && !excused.has(name),
    );
    const host = unwell[0]?.name;
    if (!cache.primary) return { text: 'no primary yet', host };
    if (unwell.length > 0) return { text: `${list(unwell.map(({ name }) => name))} does not follow the primary`, host };
    return cache.sentinels.up < sentinels.length
      ? { text: `${cache.sentinels.up} of ${sentinels.length} Sentinels answer` }
      : undefined;
  });
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

async function settleApplication({ platform, excused, patience }: Settling): Promise<void> {
  const { cloud, spec, topology } = platform;
  const servers = (await cloud.listHosts()).filter(
    (host) => host.services.some((service) => service.name === 'api') && !excused.has(host.name),
  );
  await patience.wait({ title: `${servers.length} API servers are ready`, service: 'api' }, async () => {
    const ready = await Promise.all(servers.map((host) => isReady(host.address, spec.application.port)));
    const missing = servers.filter((_, index) => !ready[index]).map(({ name }) => name);
    return missing.length > 0 ? { text: `${list(missing)} not ready`, host: missing[0] } : undefined;
  });
  await returnToRotation(platform, servers);
  await patience.wait({ title: 'Load balancers serve the public address', service: LOAD_BALANCER }, async () => {
    const hosts = await cloud.listHosts();
    const holder = hosts.find((host) => host.addresses.includes(topology.network.floating.public))?.name;
    const [first] = hostsInRole(topology, 'load-balancer');
    if (holder === undefined) return { text: 'no holder of the address yet', host: first?.name };
    const unhealthy = (await cloud.listBackends()).filter(
      (each) => each.state === 'unhealthy' && !excused.has(each.name),
    );
    if (unhealthy.length > 0) {
      return { text: list(unhealthy.map((each) => `${each.name} is ${each.state}`)), host: holder };
    }
    const answers = await entryAnswers(platform);
    return answers ? undefined : { text: `127.0.0.1:${platform.record.port} does not answer yet`, host: holder };
  });
}
