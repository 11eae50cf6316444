import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS } from './index.ts';

const MANUAL = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/errors.md'), 'utf8').split('\n');

describe('errors of the tools', () => {
  it.each(Object.entries(ERRORS))('%s is in the manual', (code, { exit, about }) => {
    expect(MANUAL).toContain(`| \`${code}\` | ${exit} | ${about} |`);
  });

  it('are all that the manual has', () => {
    const listed = MANUAL.flatMap((line) => /^\| `([A-Z_]+)`/.exec(line)?.[1] ?? []);
    expect(listed).toEqual(Object.keys(ERRORS));
  });
});
