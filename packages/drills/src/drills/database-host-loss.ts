import { primaryLoss } from '../shapes/primary-loss.ts';

export default primaryLoss({
  name: 'database-host-loss',
  title: 'The primary’s host loses power: silent from one moment to the next',
  kind: 'stop',
  verb: 'Stop',
  expected: 'is gone',
  observed: 'is stopped',
});
