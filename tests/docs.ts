import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { markdownTable, readReport } from '@sbmcrm/report';
import { PARTS, withParts } from './documents.ts';

/**
 * Writes what documents have from elsewhere: `npm run docs`, after a change of commands or a new report under docs/reports. Tests
 * fail where it was forgotten.
 */
const ROOT = resolve(import.meta.dirname, '..');

function rewrite(name: string, change: (text: string) => string): void {
  const path = join(ROOT, name);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

rewrite('README.md', (text) =>
  text.replace(
    /(<!-- drills: (\S+) -->\n)[\s\S]*?(<!-- \/drills -->)/,
    (_all, begin: string, report: string, end: string) =>
      begin + markdownTable(readReport(join(ROOT, report)).file) + end,
  ),
);
for (const [name, parts] of Object.entries(PARTS)) rewrite(name, (text) => withParts(text, parts));
