import type { Spec } from '../schema.ts';

/** error: a promise of the platform does not hold. warning: it holds, at a price that one should know. */
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
  /** The line that mends it: `set KEY: VALUE`, further keys after " and ". */
  fix: string;
}

/** One rule over the spec: pure. */
export interface Rule {
  name: string;
  severity: Severity;
  find(spec: Spec): Unsafe[];
}

/** What a rule finds; the registry adds whose finding it is. */
export type Unsafe = Omit<Finding, 'rule' | 'severity'>;

/** `{ 'database.replicationMode': 'sync' }` → `set database.replicationMode: sync`. Values are in the spec's notation. */
export function set(values: Record<string, string | number | boolean>): string {
  const assignments = Object.entries(values).map(([path, value]) => `${path}: ${value}`);
  return `set ${assignments.join(' and ')}`;
}
