import { lossOf, perhaps } from '../alerts/expected.ts';
import { type Drill, failoverGoal, inSeconds } from '../run/drill.ts';
import { verifyReconnection } from '../run/steps.ts';
import { planSoak } from '../shapes/soak.ts';

/** What losses of any kind may cause, beside the loss of hosts. */
const BY_LOSS = [
  ...['DatabaseFailover', 'CrashLoop'],
  // A load balancer that stands still keeps its addresses.
  'AddressHeldTwice',
];

const drill: Drill = {
  name: 'soak',
  title: 'Random faults in up to three parts at a time, by the seed',
  goalMs: failoverGoal,
  isRandom: true,
  alerts: (test) => perhaps(lossOf(test, ...test.before.hosts.map(({ name }) => name)), ...BY_LOSS),
  async run(test) {
    for (const { kind, target, afterMs, forMs } of planSoak(test.seed, test.platform.topology.hosts)) {
      await test.pause(afterMs);
      await test.step(`${kind} ${target}`, `for ${inSeconds(forMs)}`, async () => {
        await test.inject({ kind, target, forMs });
        return `${afterMs > 0 ? `${inSeconds(afterMs)} after the one before` : 'begun'}`;
      });
    }
    await verifyReconnection(test);
  },
};
export default drill;
