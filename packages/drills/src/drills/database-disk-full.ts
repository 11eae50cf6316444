import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, verifyHealth, verifyReconnection } from '../run/steps.ts';

const drill: Drill = {
  name: 'database-disk-full',
  title: 'The primary’s disk has no room left: another host must take the writes',
  goalMs: failoverGoal,
  knownLimit: 'nobody takes over: writes are refused as DATABASE_FULL until there is room again',
  async run(test) {
    const primary = primaryOf(test);
    await test.step('Fill the disk of primary database instance', `${primary} has no room left`, async () => {
      await test.inject({ kind: 'fill', target: primary });
      return `the disk of ${primary} is full`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
