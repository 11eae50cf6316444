/** What there is to break, and whom it touches: an entry of its own, as most commands need none of it. */
export { clearListed } from './clear.ts';
export type { FaultKindDefinition, FaultOption } from './kind.ts';
export { FAULT_KINDS, type FaultKind, faultKind } from './registry.ts';
export { formsText, type PlacedHost, touchedHosts } from './target.ts';
