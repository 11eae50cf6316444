import { NO_ALERTS } from '../alerts/expected.ts';
import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';

const drill: Drill = {
  name: 'api-crash',
  title: 'An API server’s process is killed: its requests are answered by another one',
  goalMs: requestGoal,
  alerts: () => NO_ALERTS,
  async run(test) {
    const server = test.before.loadBalancer.backends[0]?.name ?? '';
    await test.step('Stop one application server', `the process on ${server} is killed`, async () => {
      await test.inject({ kind: 'kill', target: `${server}/api` });
      return `killed ${server}/api`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
