import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, verifyFailover, verifyHealth, verifyReconnection, verifyRejoin } from '../run/steps.ts';

const drill: Drill = {
  name: 'database-host-loss',
  title: 'The primary’s host loses power: silent from one moment to the next',
  goalMs: failoverGoal,
  async run(test) {
    const primary = primaryOf(test);
    await test.step('Stop primary database instance', `${primary} is gone`, async () => {
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
