import type { Cloud } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import { run } from '@sbmcrm/local';
import { type LogLine, parseLog } from './signs.ts';

/** As many lines of a log hold half a minute of a service that fails again and again. */
const LINES = 400;

/** The end of a service's log; empty where it has said nothing, or nobody can see it. */
export async function endOfLog({ access }: Pick<Cloud, 'access'>, host: string, service: string): Promise<LogLine[]> {
  try {
    const call = access.logs?.(host, service, { lines: LINES, follow: false });
    return call ? parseLog(await run(call.program, call.args)) : [];
  } catch {
    return []; // what cannot be read tells nothing
  }
}

/**
 * Runs a shell script in a host, as root.
 *
 * @param timeoutMs how long it may take: to remove a large server takes minutes on a slow disk
 * @returns what it printed
 * @throws CommandError with its exit code; ToolError HOST_NOT_RUNNING; NOT_OFFERED
 */
export async function runIn(
  { access }: Pick<Cloud, 'access'>,
  host: string,
  script: string,
  timeoutMs = 600_000,
): Promise<string> {
  if (!access.exec) throw new ToolError('NOT_OFFERED', 'where these hosts are, they have no shell');
  const { program, args } = await access.exec(host, ['sh', '-c', script], false);
  return run(program, args, { timeoutMs });
}
