import { primaryLoss } from '../shapes/primary-loss.ts';

export default primaryLoss({
  name: 'database-paused',
  title:
    'The primary’s host freezes, as in a live migration, and thaws later: it must not take a write as a second primary',
  kind: 'pause',
  verb: 'Freeze',
  expected: 'stands still',
  observed: 'is frozen',
});
