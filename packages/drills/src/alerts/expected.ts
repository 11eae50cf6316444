import { etcdHosts, sentinelHosts } from '@sbmcrm/engines';
import { alertsOf } from '@sbmcrm/engines/prometheus';
import type { Platform, PlatformStatus } from '@sbmcrm/platform';
import { hostsInRole } from '@sbmcrm/topology';

/** An alert, of any host or of one. */
export interface AlertOf {
  name: string;
  host?: string;
}

/** What a drill says of alerts. */
export interface Expected {
  /** Each of them is to fire after the fault, and to end once the platform has healed. */
  must: readonly AlertOf[];
  /** Whether they fire depends on how long something takes. */
  may: readonly AlertOf[];
}

/** The same on a platform, under its load. */
export interface ExpectedHere extends Expected {
  /** They may hold as long as the load goes on. */
  lasting: readonly AlertOf[];
}

/** What a drill knows before its fault. */
export interface Known {
  before: PlatformStatus;
  platform: Pick<Platform, 'spec' | 'topology'>;
}

/** Nobody is to be told of anything. */
export const NO_ALERTS: Expected = { must: [], may: [] };

/** Alerts of any host. Pure. */
export const named = (...names: string[]): AlertOf[] => names.map((name) => ({ name }));

/** What the load itself may cause, with or without a fault. */
const BY_LOAD = named('HighCpu', 'HighMemory', 'SlowResponses');
/** What more load than the platform carries is to cause. */
const BY_OVERLOAD = named('RequestsRefused', 'HighErrorRate', 'ErrorBudgetBurnsFast');

/**
 * The loss of hosts, as those who are responsible are to hear of it: pure. It is told from what a platform consists of, and not from the
 * rules that alerts have, so that a wrong rule shows.
 */
export function lossOf({ before, platform }: Known, ...lost: (string | null | undefined)[]): Expected {
  const { spec, topology } = platform;
  const isLost = ({ name }: { name: string }) => lost.includes(name);
  const goes = (part: readonly { name: string }[]) => ({
    some: part.some(isLost),
    left: part.filter((each) => !isLost(each)).length,
  });
  const zoneOf = (name: string) => before.hosts.find((host) => host.name === name)?.zone;
  const zones = [...new Set(before.hosts.map(({ zone }) => zone))];

  const databases = goes(before.database.members.filter(({ role }) => role !== 'replica'));
  const caches = goes(before.cache.members);
  const entries = goes(hostsInRole(topology, 'load-balancer'));
  const voters = etcdHosts(topology);
  const sentinels = sentinelHosts(topology);
  const apiZones = (names: readonly { name: string }[]) => new Set(names.map(({ name }) => zoneOf(name))).size;
  const servers = before.loadBalancer.backends;
  /** One more, and no majority is left. */
  const atRisk = (members: readonly { name: string }[], least: number) => {
    const { some, left } = goes(members);
    return some && left <= least;
  };
  const majority = (members: readonly unknown[]) => Math.floor(members.length / 2) + 1;

  const fails = databases.some && databases.left > 0 && lost.includes(before.database.primary);
  const alone = databases.some && databases.left < 2;
  return {
    must: [
      ...before.hosts.filter(isLost).map(({ name }) => ({ name: 'HostDown', host: name })),
      ...named(
        ...(zones.some((zone) => before.hosts.filter((host) => host.zone === zone).every(isLost)) ? ['ZoneDown'] : []),
        ...(fails ? ['DatabaseFailover'] : []),
        ...(alone ? ['StandbyMissing'] : []),
        ...(alone && spec.database.replicationMode === 'sync' ? ['DatabaseUnprotected'] : []),
        ...(apiZones(servers) > 1 && apiZones(servers.filter((each) => !isLost(each))) < 2 ? ['ApiInOneZone'] : []),
        ...(entries.some && entries.left < 2 ? ['LoadBalancerMissing'] : []),
        ...(caches.some && caches.left < 2 ? ['CacheCopyMissing'] : []),
        ...(atRisk(voters, majority(voters)) ? ['EtcdQuorumAtRisk'] : []),
        ...(atRisk(sentinels, Math.max(spec.cache.sentinel.quorum, majority(sentinels)))
          ? ['SentinelQuorumAtRisk']
          : []),
      ),
    ],
    // Of what a lost host tells, and of servers that come back and catch up.
    may: named('TargetMissing', 'DatabaseServerDown', 'ReplicationLag'),
  };
}

/** Any of them, where it depends on how long something takes. Pure. */
export function perhaps({ must, may }: Expected, ...names: string[]): Expected {
  return { must: [], may: [...must, ...may, ...named(...names)] };
}

/** What is said by a drill, and of this platform: with alerts that the spec does not want, and those of any load. Pure. */
export function expectedOn(
  { platform }: Pick<Known, 'platform'>,
  { must, may }: Expected,
  mayRefuse: boolean,
): ExpectedHere {
  const lasting = [...BY_LOAD, ...(mayRefuse ? BY_OVERLOAD : [])];
  const known = new Set(alertsOf(platform).map(({ name }) => name));
  return {
    must: must.filter(({ name }) => known.has(name)),
    may: [...may, ...lasting],
    lasting,
  };
}

/** `HostDown (postgres-a)`. Pure. */
export function alertText({ name, host }: AlertOf): string {
  return host === undefined ? name : `${name} (${host})`;
}

/** Whether an alert is one that was meant. Pure. */
export function isOf(alert: AlertOf, meant: AlertOf): boolean {
  return alert.name === meant.name && (meant.host === undefined || meant.host === alert.host);
}
