import { DATABASE_AGENT } from '@sbmcrm/engines';
import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, standbyOf, verifyHealth, verifyReconnection, verifyServerEnds } from '../run/steps.ts';

/**
 * The guard kills the server and its agent before the lease ends, and the agent is started anew at once: it may be in time to go on as
 * primary, or the standby takes over.
 */
const drill: Drill = {
  name: 'agent-paused',
  title: 'Only the primary’s agent (Patroni) hangs, PostgreSQL runs on: it must have ended before another one may lead',
  goalMs: failoverGoal,
  async run(test) {
    const primary = primaryOf(test);
    const target = `${primary}/${DATABASE_AGENT}`;
    await test.step('Freeze the agent of the primary database instance', `${target} stands still`, async () => {
      await test.inject({ kind: 'pause', target });
      return `${target} is frozen`;
    });
    await verifyServerEnds(test, primary);
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  async healed(test) {
    const [before, standby] = [primaryOf(test), standbyOf(test)];
    const expected = `${before} went on with a new agent, or ${standby} took over`;
    await test.step('Verify who is primary', expected, async () => {
      const { primary } = (await test.status()).database;
      if (primary !== standby && primary !== before) throw new Error(`${primary ?? 'nobody'} is primary`);
      return `${primary} is primary`;
    });
  },
};
export default drill;
