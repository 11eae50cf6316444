import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, verifyFailover, verifyHealth, verifyReconnection, verifyRejoin } from '../run/steps.ts';

const drill: Drill = {
  name: 'database-isolated',
  title: 'The primary’s host is cut off the network and lives on: it must stop taking writes by itself',
  goalMs: failoverGoal,
  async run(test) {
    const primary = primaryOf(test);
    await test.step('Isolate primary database instance', `${primary} reaches nobody`, async () => {
      await test.inject({ kind: 'isolate', target: primary });
      return `${primary} is isolated`;
    });
    await verifyFailover(test);
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  healed: (test) => verifyRejoin(test, primaryOf(test)),
};
export default drill;
