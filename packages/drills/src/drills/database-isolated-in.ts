import { primaryLoss } from '../shapes/primary-loss.ts';

export default primaryLoss({
  name: 'database-isolated-in',
  title: 'The primary’s host hears nobody any more, and is heard: it must stop taking writes by itself',
  kind: 'isolate',
  options: { direction: 'in' },
  verb: 'Isolate',
  expected: 'hears nobody',
  observed: 'is deaf',
});
