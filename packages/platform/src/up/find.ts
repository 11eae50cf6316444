import type { CloudTokens, HostDefinition, HostStatus } from '@sbmcrm/cloud';
import { PROMOTION_FILE, type Secrets } from '@sbmcrm/engines';
import { type CloudView, linkNames, readJson, switchLinks } from '@sbmcrm/local';
import { type NetworkPlan, planTopology, type Topology } from '@sbmcrm/topology';
import { lastPrimary, parsePromotion } from '../cold-start.ts';
import { hostDefinition } from '../definitions.ts';
import type { Platform } from '../opened.ts';
import { observeDatabase } from '../status.ts';
import { readSpec } from '../workspace.ts';
import type { Found } from './plan.ts';

/** The hosts of the topology, as the cloud is told of them. */
export function definitionsOf(
  { spec, topology, paths }: Pick<Platform, 'spec' | 'topology' | 'paths'>,
  secrets: Secrets,
) {
  return topology.hosts.map(
    (host): HostDefinition => hostDefinition({ spec, topology, host, secrets, ...tokensOf(paths) }),
  );
}

/** What hosts may ask of the cloud. */
export function tokensOf({ cloudTokens }: Platform['paths']) {
  const { observe = '', schedule = '', scale = '' } = readJson<Partial<CloudTokens>>(cloudTokens) ?? {};
  return { watchToken: observe, scheduleToken: schedule, scaleToken: scale };
}

/**
 * Looks at all that a plan is made from. Changes nothing.
 *
 * @param view the cloud, or who reads it without its daemon
 * @param secrets undefined: there are none yet, nor hosts
 */
export async function findPlatform(
  platform: Pick<Platform, 'spec' | 'topology' | 'record' | 'paths'>,
  view: CloudView,
  secrets: Secrets | undefined,
): Promise<Found> {
  const [hosts, faults] = await Promise.all([view.listHosts(), view.listFaults()]);
  const definitions = secrets ? definitionsOf(platform, secrets) : [];
  const comparisons: Found['comparisons'] = new Map(
    await Promise.all(
      definitions.map(async (definition) => [definition.name, await view.compareHost(definition)] as const),
    ),
  );
  const unlinked = await hostsWithoutLink(platform.topology.network, hosts);
  const stopped = hosts.filter((host) => host.initPid === null || host.diskFailed || unlinked.has(host.name));
  const planned = platform.topology.hosts.filter(({ role }) => role === 'database').map(({ name }) => name);
  const databases = hosts.map(({ name }) => name).filter((name) => planned.includes(name));
  // Only when one of them is to be started does it matter who led last: their disks are looked at then.
  const matters = stopped.some(({ name }) => databases.includes(name));
  const isAsked = matters || [...comparisons.values()].some(({ changed }) => changed.length > 0);
  const [last, { primary }] = await Promise.all([
    matters ? lastOf(view, databases) : null,
    isAsked ? observeDatabase(platform) : { primary: null },
  ]);
  const applied = appliedTopology(platform);
  return { hosts, faults, kinds: view.kinds, comparisons, unlinked, primary, lastPrimary: last, applied };
}

function appliedTopology({ paths, record }: Pick<Platform, 'paths' | 'record'>): Topology | undefined {
  try {
    return planTopology(readSpec(paths.appliedSpec).spec, record.network);
  } catch {
    return undefined; // never applied, or kept by another version of this software
  }
}

async function hostsWithoutLink(network: NetworkPlan, hosts: readonly HostStatus[]): Promise<Set<string>> {
  const links = await switchLinks(network);
  const hasLinks = ({ address }: HostStatus) =>
    Object.values(linkNames(network, address)).every((name) => links.includes(name));
  return new Set(hosts.filter((host) => host.initPid !== null && !hasLinks(host)).map(({ name }) => name));
}

async function lastOf({ access }: CloudView, databases: readonly string[]): Promise<string | null> {
  const promotions = await Promise.all(
    databases.map(async (name) => parsePromotion(name, (await access.readDisk?.(name, PROMOTION_FILE)) ?? null)),
  );
  return lastPrimary(promotions) ?? null;
}
