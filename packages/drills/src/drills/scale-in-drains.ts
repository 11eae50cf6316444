import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';
import { COME_AND_GO, SCALED, verifyServing, want } from '../shapes/scaling.ts';

const drill: Drill = {
  name: 'scale-in-drains',
  title: 'An API server comes, and goes again: no request fails, and nobody is logged out',
  goalMs: requestGoal,
  set: SCALED,
  alerts: () => COME_AND_GO,
  async run(test) {
    const { length } = test.before.loadBalancer.backends;
    await want(test, length + 1);
    await verifyServing(test, length + 1, 'another one comes');
    await verifyReconnection(test);
    await want(test, length);
    await verifyServing(test, length, 'one goes');
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
