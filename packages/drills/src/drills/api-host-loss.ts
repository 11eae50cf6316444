import { lossOf } from '../alerts/expected.ts';
import { type Drill, type DrillTest, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection, verifyTraffic } from '../run/steps.ts';

const firstServer = ({ before }: Pick<DrillTest, 'before'>) => before.loadBalancer.backends[0]?.name ?? '';

const drill: Drill = {
  name: 'api-host-loss',
  title: 'An API server’s host loses power: silent, with requests under way',
  goalMs: requestGoal,
  alerts: (test) => lossOf(test, firstServer(test)),
  async run(test) {
    const server = firstServer(test);
    await test.step('Stop one application server', `${server} is gone`, async () => {
      await test.inject({ kind: 'stop', target: server });
      return `${server} is stopped`;
    });
    await verifyTraffic(test, [server]);
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  notTested: ['“Verify auto-scaling launches replacement”: auto-scaling is not part of this version'],
};
export default drill;
