import { etcdHosts } from '@sbmcrm/engines';
import { named } from '../alerts/expected.ts';
import { type Drill, inSeconds, requestGoal } from '../run/drill.ts';
import { primaryOf, verifyHealth, verifyReconnection } from '../run/steps.ts';

/** Longer than all steps take; the drill ends it before. */
const FOR_MS = 240_000;
/** So many leases are waited for: the first has run out then, and what depends on it shows. */
const LEASES = 2;

/**
 * Without a quorum nobody can take over, and the primary cannot renew its lease. It goes on as long as every other member of the
 * cluster agrees (Patroni's failsafe mode).
 */
const drill: Drill = {
  name: 'etcd-quorum-loss',
  title: 'etcd loses its quorum, all databases run: the primary goes on, and nobody else becomes one',
  goalMs: requestGoal,
  skip: ({ topology }) => (etcdHosts(topology).length < 3 ? 'etcd has fewer than three members' : undefined),
  alerts: () => ({ must: named('EtcdQuorumAtRisk'), may: named('TargetMissing') }),
  async run(test) {
    const members = etcdHosts(test.platform.topology).map(({ name }) => `${name}/etcd`);
    const most = members.slice(-Math.ceil(members.length / 2));
    await test.step('Kill most members of etcd', `${most.join(', ')} are gone`, async () => {
      await test.inject(...most.map((target) => ({ kind: 'kill', target, forMs: FOR_MS }) as const));
      return `killed ${most.join(', ')}, and they are not started again`;
    });
    const primary = primaryOf(test);
    const waitMs = LEASES * test.platform.spec.database.leaseTtl;
    await test.step(
      'The primary goes on without a lease',
      `${primary} takes writes for ${inSeconds(waitMs)}`,
      async () => {
        const { writes } = test.figures;
        await test.pause(waitMs);
        const now = (await test.status()).database.primary;
        if (now !== primary) throw new Error(`${now ?? 'nobody'} is primary`);
        return `${test.figures.writes - writes} writes, ${primary} is primary`;
      },
    );
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
