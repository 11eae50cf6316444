import { DATABASE_AGENT } from '@sbmcrm/engines';
import { named } from '../alerts/expected.ts';
import { type Drill, failoverGoal } from '../run/drill.ts';
import {
  primaryOf,
  verifyFailover,
  verifyHealth,
  verifyReconnection,
  verifyRejoin,
  verifyServerEnds,
} from '../run/steps.ts';

/** Longer than all steps take; the drill ends it before. */
const FOR_MS = 180_000;

const drill: Drill = {
  name: 'agent-killed',
  title:
    'Only the primary’s agent (Patroni) is gone for good, PostgreSQL runs on: it must have ended before another one leads',
  goalMs: failoverGoal,
  alerts: (test) => {
    const isSync = test.platform.spec.database.replicationMode === 'sync';
    return {
      must: named('DatabaseFailover', 'StandbyMissing', ...(isSync ? ['DatabaseUnprotected'] : [])),
      may: named('TargetMissing', 'ReplicationLag'),
    };
  },
  async run(test) {
    const primary = primaryOf(test);
    const target = `${primary}/${DATABASE_AGENT}`;
    await test.step('Kill the agent of the primary database instance', `${target} is gone`, async () => {
      await test.inject({ kind: 'kill', target, forMs: FOR_MS });
      return `killed ${target}, and it is not started again`;
    });
    await verifyServerEnds(test, primary);
    await verifyFailover(test);
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  healed: (test) => verifyRejoin(test, primaryOf(test)),
};
export default drill;
