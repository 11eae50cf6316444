import { setCapacity } from '@sbmcrm/platform';
import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';
import { COME_AND_GO, SCALED, verifyServing } from '../shapes/scaling.ts';

/** One more than there are at first. */
const MOST = 3;

/**
 * The load is what any drill has; the rules are such that it is a peak to them: half a processor for each instance, and a bound that any
 * load passes, for seconds instead of minutes.
 */
const drill: Drill = {
  name: 'scale-out-under-peak',
  title: 'Load above its bound brings another API server: no request fails',
  goalMs: requestGoal,
  set: {
    ...SCALED,
    'application.size.cpus': '0.5',
    'application.autoScaling.max': `${MOST}`,
    'application.autoScaling.cooldown': '0s',
    'application.autoScaling.scaleUp': '{ above: 10%, for: 10s }',
    'application.autoScaling.scaleDown': '{ below: 0%, for: 10s }',
  },
  skip: ({ spec }) => (spec.application.instances.length < MOST ? undefined : 'there is no place for another one'),
  alerts: () => COME_AND_GO,
  async run(test) {
    const { length } = test.before.loadBalancer.backends;
    await test.step('Hold the load’s decision', `${length}, whatever the load`, async () => {
      await setCapacity(test.platform, { min: length, max: length, desired: length });
      return `${length} are wanted for now`;
    });
    await verifyServing(test, length, 'as many serve');
    await test.step('Let the load decide', `at most ${MOST}`, async () => {
      await setCapacity(test.platform, { min: length, max: MOST });
      test.mark('the load decides');
      return `${length} are wanted until the load wants more`;
    });
    await verifyServing(test, MOST, 'the load brings another one');
    await verifyReconnection(test);
    await verifyHealth(test);
    await test.step('Want as many as before', `${length}, whatever the load`, async () => {
      await setCapacity(test.platform, { min: length, max: length, desired: length });
      return `${length} are wanted from now on`;
    });
    await verifyServing(test, length, 'one goes');
  },
  notTested: ['the guide’s bounds and minutes: 70 % for 5 minutes'],
};
export default drill;
