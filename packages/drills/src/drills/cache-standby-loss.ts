import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';

/** A master without a standby takes no writes: two masters in a partition must not both accept them. The CRM goes on without them. */
const drill: Drill = {
  name: 'cache-standby-loss',
  title: 'The Redis standby’s host loses power: the master takes no writes any more, and nobody is logged out',
  goalMs: requestGoal,
  async run(test) {
    const standby = test.before.cache.members.find((member) => member.role === 'standby')?.name ?? '';
    await test.step('Stop the cache’s standby', `${standby} is gone`, async () => {
      await test.inject({ kind: 'stop', target: standby });
      return `${standby} is stopped`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
