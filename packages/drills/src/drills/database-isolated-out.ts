import { primaryLoss } from '../shapes/primary-loss.ts';

export default primaryLoss({
  name: 'database-isolated-out',
  title: 'The primary’s host is not heard any more, and hears all: it must stop taking writes by itself',
  kind: 'isolate',
  options: { direction: 'out' },
  verb: 'Isolate',
  expected: 'is not heard',
  observed: 'is mute',
});
