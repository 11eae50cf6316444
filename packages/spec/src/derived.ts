/** What follows from a spec, and numbers that none can change: an entry of its own, without the schema, which takes long to load. */
export { LOOP_WAIT, worstFailover } from './checks/failover.ts';
export { derivedMaxConnections, ENTRY_CONNECTIONS, effectiveMaxConnections } from './connections.ts';
export { AGENT_PORT } from './ports.ts';

/** The file that a command reads when it is told no other. */
export const SPEC_FILE = 'sbmcrm.yaml';
