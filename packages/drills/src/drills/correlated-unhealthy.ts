import { lossOf, perhaps } from '../alerts/expected.ts';
import { type Drill, type DrillTest, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';
import { fleetOf, SCALED } from '../shapes/scaling.ts';

/** Longer than one unhealthy instance alone is left. */
const LOOK_MS = 45_000;
const PAUSE_MS = 500;
/** Until all of them are unhealthy. */
const EMPTY_MS = 20_000;

const caches = ({ before }: Pick<DrillTest, 'before'>) => before.cache.members.map(({ name }) => name);

/** Without a cache each `/health` fails, and requests are answered all the same: what replaced servers now would only cost them. */
const drill: Drill = {
  name: 'correlated-unhealthy',
  title: 'The whole cache is away, so that every API server is unhealthy at once: none is replaced',
  goalMs: requestGoal,
  set: {
    ...SCALED,
    'loadBalancer.healthCheck.interval': '1s',
    'loadBalancer.healthCheck.timeout': '500ms',
  },
  alerts: (test) => perhaps(lossOf(test, ...caches(test)), 'AllApiServersDown'),
  async run(test) {
    const hosts = caches(test);
    const started = async () => (await fleetOf(test)).map(({ name, startedAtMs }) => `${name} ${startedAtMs}`).join();
    const before = await started();
    await test.step('Stop the whole cache', `${hosts.join(', ')} are gone`, async () => {
      await test.inject(...hosts.map((target) => ({ kind: 'stop' as const, target })));
      return `${hosts.length} hosts are stopped`;
    });
    await test.until('All servers are unhealthy', 'the load balancers say so', EMPTY_MS, async () => {
      const out = (await test.platform.cloud.listBackends()).filter(({ state }) => state === 'unhealthy');
      return { ok: out.length === test.before.loadBalancer.backends.length, observed: `${out.length} are` };
    });
    await test.step('Verify none is replaced', `the same servers run for ${LOOK_MS / 1000} s`, async () => {
      const end = performance.now() + LOOK_MS;
      let looks = 0;
      for (; performance.now() < end; looks += 1) {
        if ((await started()) !== before) throw new Error(`a server was replaced ${test.sinceFault()} after the fault`);
        await test.pause(PAUSE_MS);
      }
      const { scaling } = await test.status();
      return `${looks} looks, the same servers: ${scaling?.held ?? 'nothing was held'}`;
    });
    await test.step('Start the cache', 'its hosts run again', async () => {
      await test.clear();
      return `started ${test.sinceFault()} after the fault`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
