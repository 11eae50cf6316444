import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';

const drill: Drill = {
  name: 'replica-loss',
  title: 'A read replica’s host loses power: its readers go to another one',
  goalMs: requestGoal,
  skip: ({ spec }) => (spec.database.readReplicas.length === 0 ? 'the spec has no read replica' : undefined),
  async run(test) {
    const replica = test.before.database.members.find((member) => member.role === 'replica')?.name ?? '';
    await test.step('Stop one read replica', `${replica} is gone`, async () => {
      await test.inject({ kind: 'stop', target: replica });
      return `${replica} is stopped`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
