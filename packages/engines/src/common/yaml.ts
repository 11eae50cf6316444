import { stringify } from 'yaml';

/** YAML that readers of version 1.1 (Python's, Go's) understand the same: every text in quotes, so that `on` stays one. */
export function toYaml(value: unknown): string {
  return stringify(value, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}
