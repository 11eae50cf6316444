import { lossOf } from '../alerts/expected.ts';
import { type Drill, type DrillTest, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';

const replicaOf = ({ before }: Pick<DrillTest, 'before'>) =>
  before.database.members.find(({ role }) => role === 'replica')?.name ?? '';

const drill: Drill = {
  name: 'replica-loss',
  title: 'A read replica’s host loses power: its readers go to another one',
  goalMs: requestGoal,
  skip: ({ spec }) => (spec.database.readReplicas.length === 0 ? 'the spec has no read replica' : undefined),
  alerts: (test) => lossOf(test, replicaOf(test)),
  async run(test) {
    const replica = replicaOf(test);
    await test.step('Stop one read replica', `${replica} is gone`, async () => {
      await test.inject({ kind: 'stop', target: replica });
      return `${replica} is stopped`;
    });
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
