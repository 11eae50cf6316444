import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import { REPORT_VERSION, type ReportFile } from './types.ts';

/** A report that was stored, and where. */
export interface StoredReport {
  path: string;
  file: ReportFile;
}

/**
 * Reads what a session of drills left.
 *
 * @param place its report.json, or the folder that holds it
 * @throws ToolError BAD_REPORT in one line: not there, not readable, or not a report of this version
 */
export function readReport(place: string): StoredReport {
  const path = isFolder(place) ? join(place, 'report.json') : place;
  let file: unknown;
  try {
    file = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(error as { code?: string }).code})`;
    throw new ToolError('BAD_REPORT', `${path} ${what}: name the report.json of a session, or its folder`);
  }
  const { version, plan, runs } = (file ?? {}) as Partial<ReportFile>;
  if (version === undefined || !Array.isArray(plan) || !Array.isArray(runs)) {
    throw new ToolError(
      'BAD_REPORT',
      `${path} is no report of drills: name the report.json of a session, or its folder`,
    );
  }
  if (version !== REPORT_VERSION) {
    throw new ToolError('BAD_REPORT', `${path} has version ${version}, and this one reads ${REPORT_VERSION}`);
  }
  return { path, file: file as ReportFile };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
