import { lossOf } from '../alerts/expected.ts';
import { type Drill, failoverGoal } from '../run/drill.ts';
import { hostsIn, primaryOf, verifyFailover, verifyHealth, verifyReconnection, verifyRejoin } from '../run/steps.ts';

/** Long enough for all to have noticed. */
const BETWEEN_MS = 10_000;

const drill: Drill = {
  name: 'zone-c-then-primary',
  title: 'The witness is gone, and then the primary’s host loses power: two of three are a majority still',
  goalMs: failoverGoal,
  alerts: (test) => lossOf(test, ...hostsIn(test, 'c'), primaryOf(test)),
  async run(test) {
    await test.step('Stop zone c', 'the witness is gone', async () => {
      await test.inject({ kind: 'stop', target: 'zone-c' });
      await test.pause(BETWEEN_MS);
      return 'zone c is stopped';
    });
    const primary = primaryOf(test);
    await test.step('Stop primary database instance', `${primary} is gone, too`, async () => {
      await test.inject({ kind: 'stop', target: primary });
      return `${primary} is stopped`;
    });
    await verifyFailover(test);
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  healed: (test) => verifyRejoin(test, primaryOf(test)),
};
export default drill;
