import { DATABASE_AGENT, DATABASE_ROUTER } from '@sbmcrm/engines';
import { lossOf, perhaps } from '../alerts/expected.ts';
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
  alerts: (test) => perhaps(lossOf(test, primaryOf(test)), 'CrashLoop'),
  async run(test) {
    const primary = primaryOf(test);
    const target = `${primary}/${DATABASE_AGENT}`;
    // The old process of a router keeps its sessions for a while, and checks no server any more: only the server's end ends them.
    await test.step('Reload the routers', 'the application’s sessions stay with their old processes', async () => {
      const hosts = test.before.hosts.filter(({ services }) => services.some(({ name }) => name === DATABASE_ROUTER));
      await Promise.all(hosts.map(({ name }) => test.platform.cloud.refreshService(name, DATABASE_ROUTER)));
      return `reloaded on ${hosts.map(({ name }) => name).join(', ')}`;
    });
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
