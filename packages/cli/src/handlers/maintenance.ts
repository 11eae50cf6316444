import { holdFailover, openAsApplied, releaseFailover } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { progressOf, workspaceOf } from '../context.ts';
import { durationOption } from '../durations.ts';
import { print } from '../options.ts';

const BOUNDS_MS = [10_000, 24 * 3_600_000] as const;

export async function runMaintenanceOn(options: { for: string }, command: Command): Promise<void> {
  const forMs = durationOption('--for', options.for, BOUNDS_MS);
  const { platform } = await openAsApplied(workspaceOf(command));
  const { until } = await holdFailover(platform, forMs, progressOf(command));
  print(command, { on: true, until }, `Maintenance until ${until}: nobody takes over from a primary that fails.`);
}

export async function runMaintenanceOff(_options: unknown, command: Command): Promise<void> {
  const { platform } = await openAsApplied(workspaceOf(command));
  const wasOn = await releaseFailover(platform, progressOf(command));
  print(command, { on: false, wasOn }, wasOn ? 'The maintenance is over.' : 'There was no maintenance.');
}
