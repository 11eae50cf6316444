import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import type { ReportFile } from '@sbmcrm/report';
import { readReport } from '@sbmcrm/report';

/** A session that was cut. */
export interface CutSession {
  folder: string;
  file: ReportFile;
}

/**
 * The session to go on with: the one in `reportDir`, or the newest one below the state folder that was cut.
 *
 * @param names its drills; empty: any session
 * @param typed the same as somebody typed it, for messages
 * @throws Error in one line when there is none
 */
export function cutSession(
  reports: string,
  reportDir: string | undefined,
  names: readonly string[],
  typed: readonly string[] = names,
): CutSession {
  const folders = reportDir === undefined ? newestFirst(reports) : [reportDir];
  for (const folder of folders) {
    const file = reportIn(folder);
    if (file && file.runs.length < file.plan.length && isOf(file, names)) return { folder, file };
  }
  const where = reportDir ?? reports;
  const what = typed.length > 0 ? ` of ${typed.join(', ')}` : '';
  throw new ToolError('NOTHING_TO_RESUME', `no session${what} in ${where} was cut: there is nothing to resume`);
}

/** Whether the session's plan is of these drills and no others. Pure. */
export function isOf({ plan }: Pick<ReportFile, 'plan'>, names: readonly string[]): boolean {
  const planned = new Set(plan.map(({ drill }) => drill));
  return names.length === 0 || (planned.size === new Set(names).size && names.every((name) => planned.has(name)));
}

function newestFirst(reports: string): string[] {
  try {
    return readdirSync(reports)
      .sort()
      .reverse()
      .map((name) => join(reports, name));
  } catch {
    return [];
  }
}

/** Undefined for what is no report, or one of an earlier version. */
function reportIn(folder: string): ReportFile | undefined {
  try {
    return readReport(folder).file;
  } catch {
    return undefined;
  }
}
