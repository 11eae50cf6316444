import { lossOf } from '../alerts/expected.ts';
import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, standbyOf, verifyHealth, verifyReconnection } from '../run/steps.ts';

/** In sync mode commits wait for the silent standby until the primary gives it up (`wal_sender_timeout`). */
const drill: Drill = {
  name: 'database-standby-loss',
  title: 'The standby’s host loses power: writes go on without it',
  goalMs: failoverGoal,
  alerts: (test) => lossOf(test, standbyOf(test)),
  async run(test) {
    const standby = standbyOf(test);
    await test.step('Stop standby database instance', `${standby} is gone`, async () => {
      await test.inject({ kind: 'stop', target: standby });
      return `${standby} is stopped`;
    });
    await verifyReconnection(test);
    await test.step('Verify the primary stays', `${primaryOf(test)} is primary`, async () => {
      const { primary } = (await test.status()).database;
      if (primary !== primaryOf(test)) throw new Error(`${primary} is primary`);
      return `${primary} is primary`;
    });
    await verifyHealth(test);
  },
};
export default drill;
