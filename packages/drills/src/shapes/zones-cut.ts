import type { ZoneId } from '@sbmcrm/topology';
import { type Drill, failoverGoal } from '../run/drill.ts';
import { verifyHealth, verifyOneHolder, verifyReconnection } from '../run/steps.ts';

/** Two zones lose sight of each other, and both of them see the third. */
export function zonesCut(left: ZoneId, right: ZoneId, rest: Pick<Drill, 'name' | 'title' | 'knownLimit'>): Drill {
  return {
    ...rest,
    goalMs: failoverGoal,
    async run(test) {
      await test.step(`Cut the link between zones ${left} and ${right}`, 'no frame passes between them', async () => {
        await test.inject({ kind: 'cut', target: `${left}-${right}` });
        return `zones ${left} and ${right} are cut from each other`;
      });
      if (test.platform.spec.loadBalancer.multiAz) await verifyOneHolder(test);
      await verifyReconnection(test);
      await verifyHealth(test);
    },
  };
}
