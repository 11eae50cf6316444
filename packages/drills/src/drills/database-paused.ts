import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, verifyFailover, verifyHealth, verifyReconnection, verifyRejoin } from '../run/steps.ts';

const drill: Drill = {
  name: 'database-paused',
  title:
    'The primary’s host freezes, as in a live migration, and thaws later: it must not take a write as a second primary',
  goalMs: failoverGoal,
  knownLimit: 'not tried yet: nothing is known of its outcome',
  async run(test) {
    const primary = primaryOf(test);
    await test.step('Freeze primary database instance', `${primary} stands still`, async () => {
      await test.inject({ kind: 'pause', target: primary });
      return `${primary} is frozen`;
    });
    await verifyFailover(test);
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  healed: (test) => verifyRejoin(test, primaryOf(test)),
};
export default drill;
