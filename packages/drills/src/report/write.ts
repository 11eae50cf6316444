import { join } from 'node:path';
import { writeFileAtomic } from '@sbmcrm/local';
import { renderHtml } from './html/html.ts';
import type { ReportFile } from './types.ts';

/** Writes report.json and report.html into a folder, each in one step. */
export function writeReport(folder: string, file: ReportFile): void {
  writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(file)}\n`);
  writePage(join(folder, 'report.html'), file);
}

/** Writes a report as one page that needs no other file, in one step. @param path its folder is made if it is not there */
export function writePage(path: string, file: ReportFile): void {
  writeFileAtomic(path, renderHtml(file));
}
