import { DATABASE_AGENT } from '@sbmcrm/engines';
import { primaryLoss } from '../run/primary-loss.ts';

export default primaryLoss({
  name: 'agent-paused',
  title: 'Only the primary’s agent (Patroni) hangs, PostgreSQL runs on: it must have ended before another one leads',
  kind: 'pause',
  service: DATABASE_AGENT,
  verb: 'Freeze the agent of the',
  expected: 'has an agent that stands still',
  observed: 'has one that is frozen',
});
