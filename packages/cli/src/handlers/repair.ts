import { openPlatform, repair } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { interruptSignal, progressOf, workspaceOf } from '../context.ts';
import { UsageError } from '../exit.ts';
import { print } from '../options.ts';

export async function runRepair(
  host: string | undefined,
  { force }: { force: boolean },
  command: Command,
): Promise<void> {
  if (force && host === undefined) throw new UsageError('--force: name the host whose data are to be given up');
  const options = { force, progress: progressOf(command), signal: interruptSignal() };
  const repairs = await repair(openPlatform(workspaceOf(command)), host, options);
  const lines = repairs.map(
    (each) => `${each.host} has the data of its ${each.part} again (${(each.elapsedMs / 1000).toFixed(1)} s).`,
  );
  const none = `Nothing on ${host ?? 'any host'} is known to be damaged${host === undefined ? '' : ' (--force gives its data up all the same)'}.`;
  print(command, { repairs }, lines.length > 0 ? lines.join('\n') : none);
}
