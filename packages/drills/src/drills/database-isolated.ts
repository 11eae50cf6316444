import { primaryLoss } from '../shapes/primary-loss.ts';

export default primaryLoss({
  name: 'database-isolated',
  title: 'The primary’s host is cut off the network and lives on: it must stop taking writes by itself',
  kind: 'isolate',
  verb: 'Isolate',
  expected: 'reaches nobody',
  observed: 'is isolated',
});
