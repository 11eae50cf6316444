import { lossOf } from '../alerts/expected.ts';
import { type Drill, inSeconds, requestGoal } from '../run/drill.ts';
import { cacheStandbyOf, verifyHealth, verifyReconnection } from '../run/steps.ts';

/** Every request of the load carries a session: one that is logged out fails, and so does the drill. */
const drill: Drill = {
  name: 'cache-host-loss',
  title: 'The Redis master’s host loses power: nobody is logged out, the standby takes over',
  goalMs: requestGoal,
  alerts: (test) => lossOf(test, test.before.cache.primary),
  async run(test) {
    const { primary } = test.before.cache;
    const standby = cacheStandbyOf(test);
    const { downAfter, failoverTimeout } = test.platform.spec.cache.sentinel;
    await test.step('Stop the cache’s master', `${primary} is gone`, async () => {
      await test.inject({ kind: 'stop', target: primary ?? '' });
      return `${primary} is stopped`;
    });
    await verifyReconnection(test);
    await test.until(
      'Verify automatic failover of the cache',
      `${standby} is master within ${inSeconds(downAfter + failoverTimeout)}`,
      downAfter + failoverTimeout,
      async () => {
        const now = (await test.status()).cache.primary;
        return { ok: now === standby, observed: `${now ?? 'nobody'} is master, ${test.sinceFault()} after the fault` };
      },
    );
    await verifyHealth(test);
  },
};
export default drill;
