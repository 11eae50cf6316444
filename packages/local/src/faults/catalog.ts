/** What there is to break on this machine: an entry of its own, as most commands need none of it. */
export type { FaultKindDefinition } from './kind.ts';
export { FAULT_KINDS, type FaultKind, faultKind } from './registry.ts';
