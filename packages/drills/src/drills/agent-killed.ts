import { DATABASE_AGENT } from '@sbmcrm/engines';
import { primaryLoss } from '../run/primary-loss.ts';

export default primaryLoss({
  name: 'agent-killed',
  title:
    'Only the primary’s agent (Patroni) is gone for good, PostgreSQL runs on: it must have ended before another one leads',
  kind: 'kill',
  service: DATABASE_AGENT,
  forMs: 180_000,
  verb: 'Kill the agent of the',
  expected: 'has no agent any more',
  observed: 'has none',
});
