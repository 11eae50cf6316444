import type { Spec } from '../schema.ts';

/** error: the promise of the platform does not hold. warning: it holds, with a price that one should know. */
export type Severity = 'error' | 'warning';

/** An unsafe configuration, found before it fails. */
export interface Finding {
  /** Name of the rule, an entry in docs/reference/checks.md. */
  rule: string;
  severity: Severity;
  /** The key that the finding is about. */
  path: string;
  /** What is wrong. */
  message: string;
  /** Why it hurts. */
  reason: string;
  /** The line that mends it: `set KEY: VALUE`, or several joined by " and ". */
  fix: string;
}

/** One rule over the spec: pure. */
export interface Rule {
  name: string;
  severity: Severity;
  find(spec: Spec): Omit<Finding, 'rule' | 'severity'>[];
}
