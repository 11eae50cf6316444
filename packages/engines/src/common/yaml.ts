import { createRequire } from 'node:module';

/** Loaded with the first file that is written: most commands write none. */
const load = createRequire(import.meta.url) as (name: 'yaml') => typeof import('yaml');

/** YAML that readers of version 1.1 (Python's, Go's) understand the same: every text in quotes, so that `on` stays one. */
export function toYaml(value: unknown): string {
  return load('yaml').stringify(value, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}
