import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { markdownTable, readReport } from '@sbmcrm/report';
import { describe, expect, it } from 'vitest';
import { PARTS, withParts } from './documents.ts';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** `<!-- drills: REPORT -->` … `<!-- /drills -->`, filled by `npm run docs`. */
describe('the README', () => {
  it('shows the figures of the stored report, and no others', () => {
    const [, report = '', shown] = /<!-- drills: (\S+) -->\n([\s\S]*?)<!-- \/drills -->/.exec(read('README.md')) ?? [];
    expect(shown).toBe(markdownTable(readReport(join(ROOT, report)).file));
  });
});

describe('what documents have from the code', () => {
  it.each(Object.entries(PARTS))('is in %s as it is: `npm run docs`', (name, parts) => {
    const text = read(name);
    expect(text).toBe(withParts(text, parts));
  });

  it('needs a place', () => {
    expect(() => withParts('# Commands', { commands: '' })).toThrow(/has no "<!-- commands/);
  });
});
