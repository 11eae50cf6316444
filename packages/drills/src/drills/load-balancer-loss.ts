import { lossOf } from '../alerts/expected.ts';
import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';

const drill: Drill = {
  name: 'load-balancer-loss',
  title: 'The active load balancer’s host loses power: its address moves to the other one',
  goalMs: requestGoal,
  skip: ({ spec }) => (spec.loadBalancer.multiAz ? undefined : 'the spec has one load balancer (loadBalancer.multiAz)'),
  alerts: (test) => lossOf(test, test.before.loadBalancer.active),
  async run(test) {
    const { active } = test.before.loadBalancer;
    await test.step('Stop the active load balancer', `${active} is gone`, async () => {
      await test.inject({ kind: 'stop', target: active ?? '' });
      return `${active} is stopped`;
    });
    await test.until('Verify the address moves', 'another load balancer holds the public address', 30_000, async () => {
      const now = (await test.status()).loadBalancer.active;
      return {
        ok: now !== null && now !== active,
        observed: `${now ?? 'nobody'} holds it, ${test.sinceFault()} after the fault`,
      };
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
