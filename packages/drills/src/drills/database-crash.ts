import { lossOf, named, perhaps } from '../alerts/expected.ts';
import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, standbyOf, verifyFailover, verifyHealth, verifyReconnection } from '../run/steps.ts';

/**
 * In sync mode the standby has every acknowledged write and takes over at once. In async mode only the crashed primary has the
 * last ones, so it is given ten seconds to restart in place (`primary_start_timeout`), and nothing is lost either; on a machine that
 * needs longer the standby takes over, and what is lost then is told and judged as everywhere.
 */
const drill: Drill = {
  name: 'database-crash',
  title: 'The primary’s PostgreSQL is killed (SIGKILL to the postmaster), its host lives',
  goalMs: failoverGoal,
  alerts: (test) => {
    const loss = perhaps(lossOf(test, primaryOf(test)), 'DatabaseServerDown');
    const isSync = test.platform.spec.database.replicationMode === 'sync';
    return isSync ? { ...loss, must: named('DatabaseFailover') } : loss;
  },
  async run(test) {
    const primary = primaryOf(test);
    await test.step('Stop primary database instance', `PostgreSQL on ${primary} is killed`, async () => {
      await test.inject({ kind: 'kill', target: `${primary}/postgres` });
      return `killed ${primary}/postgres`;
    });
    if (test.before.database.replicationMode === 'sync') await verifyFailover(test);
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  async healed(test) {
    const [before, standby] = [primaryOf(test), standbyOf(test)];
    const isSync = test.before.database.replicationMode === 'sync';
    const expected = isSync
      ? `${standby} is primary`
      : `${before} restarted in place, or ${standby} took over after 10 s`;
    await test.step('Verify who is primary', expected, async () => {
      const { primary } = (await test.status()).database;
      if (primary !== standby && (isSync || primary !== before)) throw new Error(`${primary ?? 'nobody'} is primary`);
      return `${primary} is primary`;
    });
  },
};
export default drill;
