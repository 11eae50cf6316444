import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { markdownTable, type ReportFile } from '@sbmcrm/drills';

/** Puts the table of a stored report into the README: `npm run readme`, after a new report under docs/reports. */
const ROOT = resolve(import.meta.dirname, '..');
const file = join(ROOT, 'README.md');

writeFileSync(
  file,
  readFileSync(file, 'utf8').replace(
    /(<!-- drills: (\S+) -->\n)[\s\S]*?(<!-- \/drills -->)/,
    (_all, begin: string, report: string, end: string) =>
      begin + markdownTable(JSON.parse(readFileSync(join(ROOT, report), 'utf8')) as ReportFile) + end,
  ),
);
