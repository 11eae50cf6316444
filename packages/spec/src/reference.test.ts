import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { leafKeys } from '../test/keys.ts';
import { rules } from './checks/rules.ts';
import { specJsonSchema } from './json-schema.ts';

const reference = (name: string) => readFileSync(join(import.meta.dirname, '../../../docs/reference', name), 'utf8');

describe('docs/reference/spec.md', () => {
  const rows = new Map(
    reference('spec.md')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter((cells) => cells.length === 8)
      .map((cells) => [cells[1]?.replaceAll('`', ''), cells]),
  );

  it.each(leafKeys(specJsonSchema()))('$path', ({ path, schema }) => {
    const [, , type, unit, value, meaning, source] = rows.get(path) ?? [];
    expect(meaning).toBe(schema.description);
    if (schema.default !== undefined) expect(value).toBe(`\`${inSpecNotation(schema.default)}\``);
    expect([type, unit, value]).not.toContain('');
    expect(source).toMatch(/^(guide|ours)$/);
  });

  it('has no key that the spec has not', () => {
    const keys = leafKeys(specJsonSchema()).map(({ path }) => path);
    const documented = [...rows.keys()].filter((key) => key !== undefined && key !== 'key' && !key.startsWith('---'));
    expect(documented).toEqual(keys);
  });
});

describe('docs/reference/checks.md', () => {
  const entries = reference('checks.md').split(/^### /m).slice(1);

  it('has an entry for every rule, in the same order', () => {
    expect(entries.map((entry) => entry.split('\n')[0])).toEqual(rules.map(({ name }) => name));
  });

  it.each(rules)('$name: severity, why and fix', ({ name, severity }) => {
    const entry = entries.find((text) => text.startsWith(`${name}\n`)) ?? '';
    expect(entry).toContain(severity === 'error' ? '\n*Error.* ' : '\n*Warning.* ');
    expect(entry).toMatch(/\n- \*\*Why:\*\* \S/);
    expect(entry).toMatch(/\n- \*\*Fix:\*\* `set \S+: \S/);
  });
});

/** As one line of the file: `[{ zone: a }, { zone: b }]`, `"02:00"`. */
function inSpecNotation(value: unknown): string {
  if (typeof value === 'string' && /^\d\d:/.test(value)) return `"${value}"`;
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return text.replace(/^\[ /, '[').replace(/ \]$/, ']');
}
