import { type Drill, failoverGoal } from '../run/drill.ts';
import { primaryOf, standbyOf, verifyFailover, verifyHealth, verifyReconnection } from '../run/steps.ts';

/**
 * In sync mode the standby has every acknowledged write and takes over at once. In async mode only the crashed primary has the
 * last ones, so it is given time to restart in place (`primary_start_timeout`), and nothing is lost either.
 */
const drill: Drill = {
  name: 'database-crash',
  title: 'The primary’s PostgreSQL is killed (SIGKILL to the postmaster), its host lives',
  goalMs: failoverGoal,
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
    const wanted = test.before.database.replicationMode === 'sync' ? standbyOf(test) : primaryOf(test);
    await test.step('Verify who is primary', `${wanted} is primary`, async () => {
      const { primary } = (await test.status()).database;
      if (primary !== wanted) throw new Error(`${primary} is primary`);
      return `${primary} is primary`;
    });
  },
};
export default drill;
