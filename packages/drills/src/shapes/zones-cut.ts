import { hostsInRole, type ZoneId } from '@sbmcrm/topology';
import { named } from '../alerts/expected.ts';
import { type Drill, type DrillTest, failoverGoal } from '../run/drill.ts';
import { primaryOf, verifyHealth, verifyOneHolder, verifyOnlyCacheLacks, verifyReconnection } from '../run/steps.ts';

/** What may be missing where two zones do not hear each other; they are looked at by another network. */
const PARTS = [
  ...['LoadBalancerMissing', 'ApiInOneZone', 'StandbyMissing', 'DatabaseUnprotected', 'DatabaseServerDown'],
  ...['CacheCopyMissing', 'EtcdQuorumAtRisk', 'TargetMissing', 'ReplicationLag'],
];

/** Two zones lose sight of each other, and both of them see the third. */
export function zonesCut(left: ZoneId, right: ZoneId, rest: Pick<Drill, 'name' | 'title' | 'notTested'>): Drill {
  const isApart = ({ members }: { members: readonly { zone: string }[] }) =>
    [left, right].every((cut) => members.some(({ zone }) => zone === cut));
  return {
    ...rest,
    goalMs: failoverGoal,
    // What else is missing depends on who leads where.
    alerts: ({ before }) => ({
      must: named(...(isApart(before.cache) ? ['CacheCopyMissing'] : [])),
      may: named(...PARTS),
    }),
    async run(test) {
      await test.step(`Cut the link between zones ${left} and ${right}`, 'no frame passes between them', async () => {
        await test.inject({ kind: 'cut', target: `${left}-${right}` });
        return `zones ${left} and ${right} are cut from each other`;
      });
      const { isCut, holder } = afterCut(test, [left, right]);
      if (test.platform.spec.loadBalancer.multiAz) await verifyOneHolder(test, holder);
      await verifyReconnection(test);
      // The CRM serves without the cache, and /health says that it is missing.
      if (isCut(holder, test.before.cache.primary)) await verifyOnlyCacheLacks(test);
      else await verifyHealth(test);
    },
  };
}

/** Who does not reach whom, and which load balancer then has the addresses: one from which the primary can be reached. */
function afterCut(test: DrillTest, zones: readonly string[]) {
  const { before, platform } = test;
  const zoneOf = (host: string | null) => before.hosts.find(({ name }) => name === host)?.zone ?? '';
  const isCut = (one: string | null, other: string | null) =>
    zoneOf(one) !== zoneOf(other) && zones.includes(zoneOf(one)) && zones.includes(zoneOf(other));
  const active = before.loadBalancer.active ?? '';
  const primary = primaryOf(test);
  const other = hostsInRole(platform.topology, 'load-balancer').find(({ zone }) => zone === zoneOf(primary))?.name;
  return { isCut, holder: isCut(active, primary) && other !== undefined ? other : active };
}
