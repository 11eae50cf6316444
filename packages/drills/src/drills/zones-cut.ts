import { type Drill, failoverGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';

const drill: Drill = {
  name: 'zones-cut',
  title: 'Zones a and b lose sight of each other, and both of them see zone c: one primary, one address',
  goalMs: failoverGoal,
  knownLimit:
    'no request fails, but the cache’s master is without its standby and out of sight of half the servers: /health says unhealthy',
  async run(test) {
    await test.step('Cut the link between zones a and b', 'no frame passes between them', async () => {
      await test.inject({ kind: 'cut', target: 'a-b' });
      return 'zones a and b are cut from each other';
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
