import { moveDatabase } from '@sbmcrm/platform';
import { named } from '../alerts/expected.ts';
import { type Drill, failoverGoal, inSeconds } from '../run/drill.ts';
import { primaryOf, standbyOf, verifyHealth, verifyReconnection, verifyRejoin } from '../run/steps.ts';

const drill: Drill = {
  name: 'database-switchover',
  title: 'The primary is moved as planned, as before maintenance',
  goalMs: failoverGoal,
  // Each promotion is told, whoever wanted it.
  alerts: () => ({ must: named('DatabaseFailover'), may: named('StandbyMissing', 'DatabaseUnprotected') }),
  async run(test) {
    const standby = standbyOf(test);
    await test.step('Switch over to the standby', `${standby} is primary`, async () => {
      test.mark(`switchover to ${standby}`);
      const { to, elapsedMs } = await moveDatabase(test.platform, 'switchover', standby, {
        step: (_title, task) => task(() => {}),
      });
      return `${to} is primary after ${inSeconds(elapsedMs)}`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  healed: (test) => verifyRejoin(test, primaryOf(test)),
};
export default drill;
