import type { ZoneId } from '@sbmcrm/topology';
import { lossOf } from '../alerts/expected.ts';
import { type Drill, failoverGoal } from '../run/drill.ts';
import {
  hostsIn,
  primaryOf,
  verifyFailover,
  verifyHealth,
  verifyReconnection,
  verifyRejoin,
  verifyTraffic,
} from '../run/steps.ts';

/** The loss of a whole zone, whatever runs in it at the moment. */
export function zoneLoss(zone: ZoneId, what: string): Drill {
  return {
    name: `zone-loss-${zone}`,
    title: `Zone ${zone} loses power as a whole: ${what}`,
    goalMs: failoverGoal,
    alerts: (test) => lossOf(test, ...hostsIn(test, zone)),
    async run(test) {
      const gone = hostsIn(test, zone);
      const servers = test.before.loadBalancer.backends.map((each) => each.name).filter((name) => gone.includes(name));
      await test.step(`Stop zone ${zone}`, `${gone.join(', ')} are gone in one stroke`, async () => {
        await test.inject({ kind: 'stop', target: `zone-${zone}` });
        return `${gone.length} hosts are stopped`;
      });
      if (gone.includes(primaryOf(test))) await verifyFailover(test);
      if (servers.length > 0) await verifyTraffic(test, servers);
      await verifyReconnection(test);
      await verifyHealth(test);
    },
    async healed(test) {
      const primary = primaryOf(test);
      if (test.before.hosts.some((host) => host.name === primary && host.zone === zone))
        await verifyRejoin(test, primary);
    },
  };
}
