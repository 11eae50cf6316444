import { NO_ALERTS } from '../alerts/expected.ts';
import { type Drill, requestGoal } from '../run/drill.ts';
import { primaryOf, verifyHealth, verifyReconnection } from '../run/steps.ts';

const LOSS_PERCENT = 10;

const drill: Drill = {
  name: 'database-slow-network',
  title: `The primary’s network loses every tenth frame: slower, and nothing else`,
  goalMs: requestGoal,
  alerts: () => NO_ALERTS,
  async run(test) {
    const primary = primaryOf(test);
    await test.step('Lose frames of primary database instance', `${LOSS_PERCENT} % each way`, async () => {
      await test.inject({ kind: 'slow', target: primary, lossPercent: LOSS_PERCENT });
      return `${primary} loses ${LOSS_PERCENT} % of its frames`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  notTested: ['late frames: they need a kernel with netem'],
};
export default drill;
