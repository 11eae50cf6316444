import type { Rule } from './finding.ts';

/** Every rule, in the order of the spec's blocks. */
export const rules: readonly Rule[] = [];
