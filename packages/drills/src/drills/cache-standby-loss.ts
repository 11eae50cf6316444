import { lossOf } from '../alerts/expected.ts';
import { type Drill, requestGoal } from '../run/drill.ts';
import { cacheStandbyOf, verifyHealth, verifyReconnection } from '../run/steps.ts';

/** A master without a standby takes no writes: two masters in a partition must not both accept them. The CRM goes on without them. */
const drill: Drill = {
  name: 'cache-standby-loss',
  title: 'The Redis standby’s host loses power: the master takes no writes any more, and nobody is logged out',
  goalMs: requestGoal,
  alerts: (test) => lossOf(test, cacheStandbyOf(test)),
  async run(test) {
    const standby = cacheStandbyOf(test);
    await test.step('Stop the cache’s standby', `${standby} is gone`, async () => {
      await test.inject({ kind: 'stop', target: standby });
      return `${standby} is stopped`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
