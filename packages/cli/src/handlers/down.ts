import { down, downPlanText, dryRunDown } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { progressOf, workspaceOf } from '../context.ts';
import { print } from '../options.ts';

export async function runDown({ purge, dryRun }: { purge: boolean; dryRun: boolean }, command: Command): Promise<void> {
  if (dryRun) {
    const steps = await dryRunDown(workspaceOf(command), { purge });
    return print(command, { steps }, downPlanText(steps));
  }
  const stopped = await down(workspaceOf(command), { purge, progress: progressOf(command) });
  const text = stopped
    ? purge
      ? 'The platform is gone.'
      : 'The platform is down; `sbmcrm up` brings it back with its data.'
    : 'There is nothing to stop.';
  print(command, { stopped, purged: stopped && purge }, text);
}
