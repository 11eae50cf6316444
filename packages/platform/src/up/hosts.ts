import { type Fault, type FaultKinds, type HostStatus, touchedHosts } from '@sbmcrm/cloud';
import { ENGINES, isStarting, PROMOTION_FILE, type Secrets } from '@sbmcrm/engines';
import { settleAll, ToolError } from '@sbmcrm/errors';
import { linkNames, switchLinks } from '@sbmcrm/local';
import { type Host, hostsWith, type ServiceName } from '@sbmcrm/topology';
import { lastPrimary, parsePromotion } from '../cold-start.ts';
import { hostDefinition } from '../definitions.ts';
import type { Platform } from '../opened.ts';
import { type Progress, waitFor } from '../progress.ts';
import { observeDatabase } from '../status.ts';

/**
 * How long the last primary may take to be seen starting before the other database hosts are started without it. While its
 * PostgreSQL recovers it is waited for, however long that takes: only it has every acknowledged write.
 */
const LAST_PRIMARY_TIMEOUT_MS = 30_000;

/** Services whose members cannot move. */
const VOTING = (Object.keys(ENGINES) as ServiceName[]).filter((name) => ENGINES[name].votes);

/** Services to restart because their configuration changed, by host. */
export type Changes = Map<string, string[]>;

/** Tells the cloud what every host is. @returns how many hosts are new, and what changed on the others */
export async function defineHosts(
  platform: Platform,
  secrets: Secrets,
): Promise<{ created: number; changes: Changes }> {
  const { spec, topology, cloud } = platform;
  const changes: Changes = new Map();
  let created = 0;
  await Promise.all(
    topology.hosts.map(async (host) => {
      const answer = await cloud.createHost(hostDefinition({ spec, topology, host, secrets }));
      if (answer.created) created++;
      else if (answer.changed.length > 0) changes.set(host.name, answer.changed);
    }),
  );
  return { created, changes };
}

/**
 * Takes away hosts that the spec has no more: read replicas, and API servers past the last slot.
 *
 * @returns how many
 * @throws Error in one line when a host with data or a vote would go: engines must be told first, which is not done here
 */
export async function removeHosts({ cloud, topology }: Platform, progress: Progress): Promise<number> {
  const known = [...topology.hosts, ...topology.apiSlots];
  const hosts = await cloud.listHosts();
  // A server that moved to another zone is another host with the same name.
  const gone = hosts.filter((host) => !known.some((each) => each.name === host.name && each.address === host.address));
  const kept = gone.find((host) => !/^replica-/.test(host.name) && !host.services.some((each) => each.name === 'api'));
  if (kept) {
    throw new ToolError(
      'SPEC_CONTRADICTS',
      `the spec has no host ${kept.name} any more, but it holds data or a vote: change the spec back, or start anew with \`sbmcrm down --purge\``,
    );
  }
  for (const service of VOTING) {
    const before = hosts.filter((host) => host.services.some((each) => each.name === service)).map((host) => host.name);
    const after = hostsWith(topology, service).map((host) => host.name);
    if (hosts.length > 0 && before.sort().join() !== after.sort().join()) {
      throw new ToolError(
        'SPEC_CONTRADICTS',
        `the spec moves ${service} from ${before.join(', ')} to ${after.join(', ')}, which a running platform cannot follow: change the zones back, or start anew with \`sbmcrm down --purge\``,
      );
    }
  }
  for (const host of gone) {
    await progress.step(`Remove ${host.name}`, async () => {
      await cloud.stopHost(host.name);
      await cloud.deleteHost(host.name);
    });
  }
  return gone.length;
}

/**
 * Stops running hosts that cannot go on as they are, by force, so that they are started anew: those whose disk failed under them
 * (it is repaired first), and those whose link somebody deleted (a new one comes with a start).
 */
export async function stopBrokenHosts({ cloud, topology }: Platform, progress: Progress): Promise<void> {
  const links = await switchLinks(topology.network);
  const hasLinks = (host: HostStatus) =>
    Object.values(linkNames(topology.network, host.address)).every((name) => links.includes(name));
  const running = (await cloud.listHosts()).filter((host) => host.initPid !== null);
  const broken = running.filter((host) => host.diskFailed || !hasLinks(host)).map((host) => host.name);
  if (broken.length === 0) return;
  await progress.step(`Stop ${broken.join(', ')}: disk or link is lost`, async () => {
    await Promise.all(broken.map((name) => cloud.stopHost(name, { timeoutMs: 0 })));
  });
}

/** Starts every stopped or fenced host, the last primary before the other database hosts. @returns the started ones */
export async function startHosts(platform: Platform, progress: Progress, signal?: AbortSignal): Promise<string[]> {
  const { cloud, topology } = platform;
  const stopped = (await cloud.listHosts()).filter((host) => host.initPid === null).map((host) => host.name);
  if (stopped.length === 0) return [];
  const databases = topology.hosts.filter((host) => host.role === 'database');
  const first = await comesFirst(platform, databases, stopped);
  const later = first
    ? databases.map((host) => host.name).filter((name) => name !== first.name && stopped.includes(name))
    : [];
  await progress.step(`Start ${stopped.length === 1 ? '1 host' : `${stopped.length} hosts`}`, async (note) => {
    const start = (name: string) => cloud.startHost(name);
    await settleAll(
      stopped.filter((name) => !later.includes(name)),
      start,
    );
    if (!first || later.length === 0) return;
    await waitForLastPrimary(platform, first, note, signal);
    await settleAll(later, start);
  });
  return stopped;
}

/**
 * The database host that must lead before any other may start: the last primary, unless there is a primary now. It may
 * be running already and still recover, when an earlier command was cut short.
 */
async function comesFirst(
  platform: Platform,
  databases: readonly Host[],
  stopped: readonly string[],
): Promise<Host | undefined> {
  if (!databases.some((host) => stopped.includes(host.name))) return undefined;
  const promotions = await Promise.all(
    databases.map(async (host) =>
      parsePromotion(host.name, (await platform.cloud.access.readDisk?.(host.name, PROMOTION_FILE)) ?? null),
    ),
  );
  const last = lastPrimary(promotions);
  if (last === undefined || (await observeDatabase(platform)).primary !== null) return undefined;
  // With one of the others running, Patroni has been choosing among them for a while: it knows better than the disks.
  const othersRun = databases.some((host) => host.name !== last && !stopped.includes(host.name));
  return othersRun ? undefined : databases.find((host) => host.name === last);
}

async function waitForLastPrimary(
  platform: Platform,
  host: Host,
  note: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const start = performance.now();
  await waitFor(
    async () => {
      const [{ primary }, recovers] = await Promise.all([observeDatabase(platform), isStarting(host)]);
      if (primary !== null) return undefined;
      const patience = recovers || performance.now() - start < LAST_PRIMARY_TIMEOUT_MS;
      return patience ? `${host.name} was primary last and comes first${recovers ? ': it recovers' : ''}` : undefined;
    },
    { timeoutMs: Number.POSITIVE_INFINITY, note, signal },
  );
}

/**
 * Starts services that somebody has stopped on running hosts. One that its supervisor is restarting just now is left to it:
 * asking again does no harm. @returns how many were down
 */
export async function startServices({ cloud }: Platform, excused: ReadonlySet<string>): Promise<number> {
  const hosts = (await cloud.listHosts()).filter((host) => host.state === 'running' && !excused.has(host.name));
  // What another service starts is left to that one.
  const down = hosts.flatMap((host) =>
    host.services
      .filter((each) => each.state === 'down' && each.startedBy === undefined)
      .map((each) => ({ host: host.name, service: each.name })),
  );
  await Promise.all(down.map(({ host, service }) => cloud.startService(host, service)));
  return down.length;
}

/**
 * Hosts that an active fault keeps, or may keep, from being healthy: `up` does not wait for them. When two zones are cut
 * apart, hosts of either may lack what they need: those of both are left out.
 */
export function faultedHosts(kinds: FaultKinds, hosts: readonly HostStatus[], faults: readonly Fault[]): Set<string> {
  const faulted = new Set(faults.flatMap((fault) => touchedHosts(kinds, fault, hosts)));
  for (const host of hosts) if (host.state === 'isolated' || host.state === 'paused') faulted.add(host.name);
  return faulted;
}
