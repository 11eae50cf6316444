import { primaryLoss } from '../shapes/primary-loss.ts';

export default primaryLoss({
  name: 'database-disk-full',
  title: 'The primary’s disk has no room left: the standby takes over',
  kind: 'fill',
  verb: 'Fill the disk of',
  expected: 'has no room left',
  observed: 'has no room left',
});
