import { join } from 'node:path';
import { writeFileAtomic } from '@sbmcrm/local';
import { type ReportFile, renderHtml } from '@sbmcrm/report';

/** Writes report.json and report.html into a folder, each in one step. */
export function writeReport(folder: string, file: ReportFile): void {
  writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(file)}\n`);
  writeFileAtomic(join(folder, 'report.html'), renderHtml(file));
}
