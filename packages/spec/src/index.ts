export { checkSpec } from './checks/check-spec.ts';
export { LOOP_WAIT, worstFailover } from './checks/failover.ts';
export type { Finding, Severity } from './checks/finding.ts';
export { derivedMaxConnections, ENTRY_CONNECTIONS, effectiveMaxConnections } from './connections.ts';
export { specJsonSchema } from './json-schema.ts';
export { loadSpec, parseSpec } from './load.ts';
export { type Spec, type SpecInput, specSchema } from './schema.ts';
export { formatSpecError, SpecError, type SpecProblem } from './spec-error.ts';
export * from './units.ts';
