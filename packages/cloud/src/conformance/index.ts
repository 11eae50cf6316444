import { FAULT_RULES } from './faults.ts';
import { HOST_RULES } from './hosts.ts';
import type { Rule } from './provider.ts';

export type { ProviderUnderTest, Rule } from './provider.ts';

/** What every provider does, each rule by itself: a test runs them one after the other. */
export const CONFORMANCE: readonly Rule[] = [...HOST_RULES, ...FAULT_RULES];
