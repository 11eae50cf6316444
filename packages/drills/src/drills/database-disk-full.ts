import { named } from '../alerts/expected.ts';
import { primaryLoss } from '../shapes/primary-loss.ts';

export default primaryLoss({
  name: 'database-disk-full',
  title: 'The primary’s disk has no room left: the standby takes over',
  // Its host is there.
  alerts: () => ({
    must: named('DatabaseFailover'),
    may: named(
      'DiskFilling',
      'StandbyMissing',
      'DatabaseUnprotected',
      'DatabaseServerDown',
      'CrashLoop',
      'ReplicationLag',
    ),
  }),
  kind: 'fill',
  verb: 'Fill the disk of',
  expected: 'has no room left',
  observed: 'has no room left',
});
