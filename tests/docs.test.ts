import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { markdownTable, readReport } from '@sbmcrm/drills';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** `<!-- drills: REPORT -->` … `<!-- /drills -->`, filled by `npm run docs`. */
describe('the README', () => {
  it('shows the figures of the stored report, and no others', () => {
    const [, report = '', shown] = /<!-- drills: (\S+) -->\n([\s\S]*?)<!-- \/drills -->/.exec(read('README.md')) ?? [];
    expect(shown).toBe(markdownTable(readReport(join(ROOT, report)).file));
  });
});
