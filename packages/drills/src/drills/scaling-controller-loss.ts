import { scalingLeader } from '@sbmcrm/platform';
import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';
import { COME_AND_GO, SCALED, verifyServing, want } from '../shapes/scaling.ts';

/** A controller begins to lead soon after it has started. */
const LEAD_MS = 30_000;

const drill: Drill = {
  name: 'scaling-controller-loss',
  title: 'What has API servers come and go hangs in the middle of it: another one goes on',
  goalMs: requestGoal,
  set: SCALED,
  alerts: () => COME_AND_GO,
  async run(test) {
    const { length } = test.before.loadBalancer.backends;
    let leader: string | undefined;
    await test.until('Find who decides', 'one of the quorum hosts leads', LEAD_MS, async () => {
      leader = await scalingLeader(test.platform);
      return { ok: leader !== undefined, observed: leader ?? 'nobody leads yet' };
    });
    await want(test, length + 1);
    await test.step('Freeze who decides', `${leader}/scaling stands still`, async () => {
      await test.inject({ kind: 'pause', target: `${leader}/scaling` });
      return `${leader}/scaling hangs`;
    });
    await verifyServing(test, length + 1, 'another one comes');
    await verifyReconnection(test);
    await want(test, length);
    await verifyServing(test, length, 'one goes');
    await test.step('Let it go on', 'it finds that another one leads', async () => {
      await test.clear();
      return `it goes on, ${test.sinceFault()} after the fault`;
    });
    await verifyServing(test, length, 'nothing is done twice');
    await verifyHealth(test);
  },
};
export default drill;
