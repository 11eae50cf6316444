import { etcdHosts, etcdLeader } from '@sbmcrm/engines';
import { named } from '../alerts/expected.ts';
import type { Drill } from '../run/drill.ts';
import { primaryOf, verifyHealth, verifyReconnection } from '../run/steps.ts';

/** So often its leader is killed, one after the other. */
const TIMES = 10;
/** An election takes up to twice etcd's time-out of a second; its own supervisor starts the killed one again. */
const LEADER_WITHIN_MS = 15_000;
const BETWEEN_MS = 3000;

/** @see https://github.com/patroni/patroni/issues/3407: a renewal that fell into an election was taken for a lost lease */
const drill: Drill = {
  name: 'etcd-leader-loss',
  title: `etcd’s leader is killed ${TIMES} times: no primary is demoted for it`,
  goalMs: () => 2000,
  // Of three members one is killed at least four times; whether all its starts are seen is a matter of when one looks.
  alerts: () => ({ must: [], may: named('CrashLoop', 'EtcdQuorumAtRisk') }),
  async run(test) {
    const hosts = etcdHosts(test.platform.topology);
    for (let time = 1; time <= TIMES; time += 1) {
      let leader: string | undefined;
      await test.until(`etcd has a leader (${time})`, 'one member leads', LEADER_WITHIN_MS, async () => {
        leader = (await etcdLeader(hosts))?.name;
        return { ok: leader !== undefined, observed: `${leader ?? 'nobody'} leads` };
      });
      await test.step(`Kill etcd’s leader (${time})`, `${leader}/etcd is killed`, async () => {
        await test.inject({ kind: 'kill', target: `${leader}/etcd` });
        await test.pause(BETWEEN_MS);
        return `killed ${leader}/etcd`;
      });
    }
    await verifyReconnection(test);
    await verifyHealth(test);
  },
  async healed(test) {
    const find = (members: typeof test.before.database.members) => members.find(({ name }) => name === primaryOf(test));
    const before = find(test.before.database.members);
    await test.step('Nobody was demoted', `${before?.name} is primary, timeline ${before?.timeline}`, async () => {
      const now = find((await test.status()).database.members);
      const observed = `${now?.name} is ${now?.role}, timeline ${now?.timeline}`;
      if (now?.role !== 'primary' || now.timeline !== before?.timeline) throw new Error(observed);
      return observed;
    });
  },
};
export default drill;
