import { etcdHosts, etcdLeader } from '@sbmcrm/engines';
import { named } from '../alerts/expected.ts';
import { type Drill, requestGoal } from '../run/drill.ts';
import { verifyHealth, verifyReconnection } from '../run/steps.ts';

/** For `status` to look at disks, also on a busy machine. */
const TOLD_MS = 10_000;
/** Long enough for a service to write to its disk, and to fail. */
const FULL_MS = 6000;

/** The primary's own is another drill: there something has to move. */
const drill: Drill = {
  name: 'disks-full',
  title: 'The disks of every kind of host but the primary’s fill up, one after the other: nobody notices',
  goalMs: requestGoal,
  alerts: () => ({
    must: [],
    may: named(
      ...['DiskFilling', 'DatabaseServerDown', 'StandbyMissing', 'DatabaseUnprotected', 'ReplicationLag'],
      ...['CacheCopyMissing', 'EtcdQuorumAtRisk', 'CrashLoop'],
    ),
  }),
  async run(test) {
    const { database, cache, loadBalancer } = test.before;
    const leader = await etcdLeader(etcdHosts(test.platform.topology));
    const of = (role: string) => database.members.find((member) => member.role === role)?.name;
    const hosts = [
      of('replica'),
      of('standby'),
      cache.members.find(({ role }) => role === 'standby')?.name,
      cache.primary,
      leader?.name,
      loadBalancer.active,
    ].filter((name) => typeof name === 'string');
    for (const host of hosts) {
      await test.step(`Fill the disk of ${host}`, 'it has no room left', async () => {
        await test.inject({ kind: 'fill', target: host });
        return 'it has no room left';
      });
      await test.until(`Status names the disk of ${host}`, 'it is told as the reason', TOLD_MS, async () => {
        const { problems } = await test.status();
        const told = problems.find((problem) => problem.code === 'HOST_DISK_LOW' && problem.host === host);
        return { ok: told !== undefined, observed: told?.text ?? 'it is not told' };
      });
      await test.pause(FULL_MS);
    }
    await verifyReconnection(test);
    await verifyHealth(test);
  },
};
export default drill;
