import type { FleetPlace } from '@sbmcrm/cloud';
import { setCapacity } from '@sbmcrm/platform';
import type { Expected } from '../alerts/expected.ts';
import { named } from '../alerts/expected.ts';
import { type DrillTest, inSeconds, type Settings } from '../run/drill.ts';

/** Instances come and go while the drill lasts. */
export const SCALED: Settings = { 'application.autoScaling.enabled': 'true' };

/** A new instance is made, starts, and is known to the load balancers. */
const COME_MS = 60_000;
/** It gets no new sessions at first, and ends what it is at. */
const GO_MS = 90_000;

/** Of instances that start, and of those that are gone before they are missed. */
export const COME_AND_GO: Expected = {
  must: [],
  may: named('TargetMissing', 'HostDown', 'ApiInOneZone'),
};

/** Hosts of the fleet. */
export async function fleetOf({ platform }: Pick<DrillTest, 'platform'>): Promise<FleetPlace[]> {
  const { places = [] } = (await platform.cloud.fleet?.list()) ?? {};
  return places.filter(({ state }) => state !== 'absent');
}

/** Wants as many, from now on. */
export function want(test: DrillTest, desired: number): Promise<void> {
  return test.step(`Want ${desired} application servers`, 'it is taken down', async () => {
    await setCapacity(test.platform, { desired });
    test.mark(`${desired} are wanted`);
    return `${desired} are wanted from now on`;
  });
}

/** As many serve as are wanted, and no other host is there. @param why what brings it */
export function verifyServing(test: DrillTest, count: number, why = 'they serve'): Promise<void> {
  const start = performance.now();
  return test.until(
    `Verify ${why}`,
    `${count} serve, and no other one is there`,
    Math.max(COME_MS, GO_MS),
    async () => {
      const places = await fleetOf(test);
      // Load balancers call a dead host healthy for a while.
      const serving = places.filter(({ state, backend }) => state === 'running' && backend?.state === 'healthy');
      const ok = serving.length === count && places.length === count;
      const took = ok ? `, after ${inSeconds(performance.now() - start)}` : '';
      return { ok, observed: `${serving.length} of ${places.length} serve${took}` };
    },
  );
}
