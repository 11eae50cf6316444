import { PROMOTION_FILE, type Secrets } from '@sbmcrm/engines';
import type { HostStatus, LocalCloud } from '@sbmcrm/local';
import type { Host } from '@sbmcrm/topology';
import { lastPrimary, parsePromotion } from '../cold-start.ts';
import { hostDefinition } from '../definitions.ts';
import { type Progress, waitFor } from '../progress.ts';
import { observeDatabase } from '../status.ts';
import type { Platform } from '../workspace.ts';

/** How long the last primary may take before the other database hosts are started without it. */
const LAST_PRIMARY_TIMEOUT_MS = 30_000;

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

/** Starts every stopped or fenced host, the last primary before the other database hosts. @returns the started ones */
export async function startHosts(platform: Platform, progress: Progress, signal?: AbortSignal): Promise<string[]> {
  const { cloud, topology } = platform;
  const stopped = (await cloud.listHosts()).filter((host) => host.initPid === null);
  if (stopped.length === 0) return [];
  const databases = topology.hosts.filter((host) => host.role === 'database');
  const allDown = databases.every((host) => stopped.some((each) => each.name === host.name));
  const first = allDown ? await lastPrimaryOf(cloud, databases) : undefined;
  const later = first ? databases.filter((host) => host.name !== first).map((host) => host.name) : [];
  const now = stopped.filter((host) => !later.includes(host.name));
  await progress.step(`Start ${count(stopped.length)}`, async (note) => {
    await Promise.all(now.map((host) => cloud.startHost(host.name)));
    if (!first) return;
    await waitForLastPrimary(platform, first, note, signal);
    await Promise.all(later.map((name) => cloud.startHost(name)));
  });
  return stopped.map((host) => host.name);
}

/**
 * Starts services that somebody has stopped on running hosts. One that its supervisor is restarting just now is left to it:
 * asking again does no harm. @returns how many were down
 */
export async function startServices({ cloud }: Platform, excused: ReadonlySet<string>): Promise<number> {
  const hosts = (await cloud.listHosts()).filter((host) => host.state === 'running' && !excused.has(host.name));
  // PostgreSQL is Patroni's to start.
  const down = hosts.flatMap((host) =>
    host.services
      .filter((each) => each.state === 'down' && each.name !== 'postgres')
      .map((each) => ({ host: host.name, service: each.name })),
  );
  await Promise.all(down.map(({ host, service }) => cloud.startService(host, service)));
  return down.length;
}

const count = (hosts: number) => (hosts === 1 ? '1 host' : `${hosts} hosts`);

async function lastPrimaryOf(cloud: LocalCloud, databases: readonly Host[]): Promise<string | undefined> {
  const promotions = await Promise.all(
    databases.map(async (host) => parsePromotion(host.name, await cloud.readDisk(host.name, PROMOTION_FILE))),
  );
  return lastPrimary(promotions);
}

async function waitForLastPrimary(
  platform: Platform,
  host: string,
  note: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await waitFor(
      async () => {
        const { primary } = await observeDatabase(platform);
        return primary === null ? `${host} was primary last and comes first` : undefined;
      },
      { timeoutMs: LAST_PRIMARY_TIMEOUT_MS, note, signal },
    );
  } catch (error) {
    if (signal?.aborted) throw error;
    note(`${host} does not come up: the others go on without it`);
  }
}

/** Hosts that an active fault keeps from being healthy: `up` does not wait for them. */
export function faultedHosts(hosts: readonly HostStatus[], faultTargets: readonly string[]): Set<string> {
  const faulted = new Set(faultTargets.map((target) => target.split('/')[0] ?? target));
  for (const host of hosts) if (host.state === 'isolated' || host.state === 'paused') faulted.add(host.name);
  return faulted;
}
