import { type Rule, set } from './finding.ts';

type LoadZone = 'a' | 'b';

const otherZone = (zone: LoadZone): LoadZone => (zone === 'a' ? 'b' : 'a');

/** The zone that all of them share, if they do. */
function commonZone(members: readonly { zone: LoadZone }[]): LoadZone | undefined {
  const zone = members[0]?.zone;
  return members.every((member) => member.zone === zone) ? zone : undefined;
}

export const zoneOutsideRegion: Rule = {
  name: 'zone-outside-region',
  severity: 'warning',
  find({ zones, regions }) {
    return Object.entries(zones)
      .filter(([, name]) => !name.startsWith(regions.primary))
      .map(([zone, name]) => ({
        path: `zones.${zone}`,
        message: `${name} does not belong to the primary region ${regions.primary}`,
        reason: "the vendor names zones after their region and creates nothing in another one's zone",
        fix: set({ [`zones.${zone}`]: `${regions.primary}${zone}` }),
      }));
  },
};

export const loadBalancerOneZone: Rule = {
  name: 'load-balancer-one-zone',
  severity: 'error',
  find({ loadBalancer }) {
    if (loadBalancer.multiAz) return [];
    return [
      {
        path: 'loadBalancer.multiAz',
        message: 'there is one load balancer, in zone a',
        reason: 'when its host or zone a fails nobody reaches the servers of zone b either',
        fix: set({ 'loadBalancer.multiAz': true }),
      },
    ];
  },
};

export const instancesOneZone: Rule = {
  name: 'instances-one-zone',
  severity: 'error',
  find({ application: { instances, autoScaling } }) {
    const zone = commonZone(instances);
    const first = instances[0];
    if (zone === undefined || first === undefined) return [];
    const fix =
      instances.length > 1
        ? set({ [`application.instances[${instances.length - 1}].zone`]: otherZone(zone) })
        : set({
            'application.instances': `[{ name: ${first.name}, zone: ${zone} }, { name: ${nextName(first.name)}, zone: ${otherZone(zone)} }]`,
            ...(autoScaling.max < 2 ? { 'application.autoScaling.max': 2 } : {}),
          });
    const message = instances.length > 1 ? `all API servers are in zone ${zone}` : 'there is a single API server';
    return [
      {
        path: 'application.instances',
        message,
        reason: `when zone ${zone} fails no API server is left to answer`,
        fix,
      },
    ];
  },
};

/** `sbmcrm-api-01` → `sbmcrm-api-02`. Two digits is all there are. */
function nextName(name: string): string {
  const number = Number(name.slice(-2));
  return `${name.slice(0, -2)}${String(number === 99 ? 98 : number + 1).padStart(2, '0')}`;
}

export const databaseOneZone: Rule = {
  name: 'database-one-zone',
  severity: 'error',
  find({ database: { primary, standby } }) {
    if (primary.zone !== standby.zone) return [];
    return [
      {
        path: 'database.standby.zone',
        message: `primary and standby are both in zone ${primary.zone}`,
        reason: 'when that zone fails there is nobody to promote, and the newest copy of the data is gone with it',
        fix: set({ 'database.standby.zone': otherZone(primary.zone) }),
      },
    ];
  },
};

export const readReplicasOneZone: Rule = {
  name: 'read-replicas-one-zone',
  severity: 'warning',
  find({ database: { readReplicas } }) {
    const [first] = readReplicas;
    if (first && commonZone(readReplicas) === undefined) return [];
    const several = first && readReplicas.length > 1;
    return [
      {
        path: 'database.readReplicas',
        message: first ? `every read replica is in zone ${first.zone}` : 'there is no read replica',
        reason: first
          ? `when zone ${first.zone} fails, analytics and reports move to the database that serves the writes`
          : 'analytics and reports compete with the writes for one database',
        fix: several
          ? set({ [`database.readReplicas[${readReplicas.length - 1}].zone`]: otherZone(first.zone) })
          : set({ 'database.readReplicas': '[{ zone: a }, { zone: b }]' }),
      },
    ];
  },
};

export const cacheOneZone: Rule = {
  name: 'cache-one-zone',
  severity: 'error',
  find({ cache: { master, standby } }) {
    if (master.zone !== standby.zone) return [];
    return [
      {
        path: 'cache.standby.zone',
        message: `master and standby are both in zone ${master.zone}`,
        reason: 'when that zone fails the cache is gone, and every read goes to the database at once',
        fix: set({ 'cache.standby.zone': otherZone(master.zone) }),
      },
    ];
  },
};
