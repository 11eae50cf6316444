import { lossOf, perhaps } from '../alerts/expected.ts';
import { type Drill, type DrillTest, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection, verifyTraffic } from '../run/steps.ts';
import { SCALED, verifyServing } from '../shapes/scaling.ts';

const firstServer = ({ before }: Pick<DrillTest, 'before'>) => before.loadBalancer.backends[0]?.name ?? '';

/** The guide's application failover test, its four steps, with the replacement that it expects of auto-scaling. */
const drill: Drill = {
  name: 'api-host-loss',
  title: 'An API server’s host loses power: silent, with requests under way; another one takes its place',
  goalMs: requestGoal,
  set: SCALED,
  // It may be replaced before it is missed.
  alerts: (test) => perhaps(lossOf(test, firstServer(test))),
  async run(test) {
    const server = firstServer(test);
    await test.step('Stop one application server', `${server} is gone`, async () => {
      await test.inject({ kind: 'stop', target: server });
      return `${server} is stopped`;
    });
    // By whoever: the one that takes its place has its name.
    await verifyTraffic(test, []);
    await verifyReconnection(test);
    await verifyServing(test, test.before.loadBalancer.backends.length, 'auto-scaling launches replacement');
    await verifyHealth(test);
  },
};
export default drill;
