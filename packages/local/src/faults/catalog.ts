/** What there is to break, for who describes it: loads no more than that. */
export type { FaultKindDefinition, FaultOption } from './kind.ts';
export { FAULT_KINDS, type FaultKind } from './registry.ts';
export { formsText } from './target.ts';
