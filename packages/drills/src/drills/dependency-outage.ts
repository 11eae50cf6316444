import { lossOf, perhaps } from '../alerts/expected.ts';
import { type Drill, type DrillTest, failoverGoal } from '../run/drill.ts';
import { get, verifyHealth, verifyReconnection } from '../run/steps.ts';

/** Longer than three failed checks of the shortened health check, shorter than requests wait. */
const MOST_MS = 12_000;
/** So long no server is healthy. */
const EMPTY_MS = 2000;
const LOOK_MS = 250;

const databaseHosts = ({ before }: Pick<DrillTest, 'before'>) => before.database.members.map(({ name }) => name);

/**
 * A shared dependency that is down makes `/health` fail on every API server at once. With the guide's 30 s × 3 that takes longer
 * than any request waits, so the health check is shortened for this drill.
 */
const drill: Drill = {
  name: 'dependency-outage',
  title: 'Every database host loses power at once and comes back: the load balancer must not empty',
  goalMs: failoverGoal,
  set: { 'loadBalancer.healthCheck.interval': '1s', 'loadBalancer.healthCheck.timeout': '500ms' },
  alerts: (test) =>
    perhaps(lossOf(test, ...databaseHosts(test)), 'DatabaseFailover', 'AllApiServersDown', 'RequestsRefused'),
  async run(test) {
    const hosts = databaseHosts(test);
    await test.step('Stop every database instance', `${hosts.join(', ')} are gone`, async () => {
      await test.inject(...hosts.map((target) => ({ kind: 'stop' as const, target })));
      return `${hosts.length} hosts are stopped`;
    });
    await test.step(
      'Verify the load balancer does not empty',
      `every look is answered, also when all servers are unhealthy, for ${EMPTY_MS / 1000} s`,
      async () => {
        const end = performance.now() + MOST_MS;
        let looks = 0;
        let emptyMs: number | undefined;
        while (performance.now() < Math.min(end, (emptyMs ?? end) + EMPTY_MS)) {
          const { status } = await get(test, '/livez');
          looks++;
          if (status !== 200) throw new Error(`look ${looks} got ${status || 'no answer'}`);
          // The cloud alone is asked: a look at all hosts waits for those that are gone.
          const backends = await test.platform.cloud.listBackends();
          if (backends.every((backend) => backend.state === 'unhealthy')) emptyMs ??= performance.now();
          await test.pause(LOOK_MS);
        }
        if (emptyMs === undefined) throw new Error('the servers never became unhealthy: this shows nothing');
        return `${looks} looks answered, all servers were unhealthy for a while`;
      },
    );
    await test.step('Start every database instance', 'all hosts run again', async () => {
      await test.clear();
      return `started ${test.sinceFault()} after the fault`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  notTested: ['an outage that lasts longer than application.hold.deadline: requests then get 503'],
};
export default drill;
