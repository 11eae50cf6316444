import { join } from 'node:path';
import { writeFileAtomic, writeJson } from '@sbmcrm/local';
import { renderHtml } from './html.ts';
import type { ReportFile } from './types.ts';

/** Writes report.json and report.html into a folder, each in one step. */
export function writeReport(folder: string, file: ReportFile): void {
  writeJson(join(folder, 'report.json'), file);
  writeFileAtomic(join(folder, 'report.html'), renderHtml(file));
}
