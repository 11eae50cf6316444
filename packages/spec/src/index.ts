export { checkSpec } from './checks/check-spec.ts';
export type { Finding, Severity } from './checks/finding.ts';
export * from './derived.ts';
export { specJsonSchema } from './json-schema.ts';
export { loadSpec, parseSpec, readSpecText } from './load.ts';
export { type Spec, type SpecInput, specSchema } from './schema.ts';
export { formatSpecError, SpecError, type SpecProblem } from './spec-error.ts';
export * from './units.ts';
