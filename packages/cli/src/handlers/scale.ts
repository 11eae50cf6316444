import { awaitCapacity, openWithApplied, readScaling, setCapacity } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { interruptSignal, progressOf, workspaceOf } from '../context.ts';
import { print } from '../options.ts';
import { scalingText } from '../text/scaling-text.ts';

export async function runScale(
  desired: number | undefined,
  { min, max, wait }: { min?: number; max?: number; wait: boolean },
  command: Command,
): Promise<void> {
  const platform = await openWithApplied(workspaceOf(command));
  const isAsked = desired !== undefined || min !== undefined || max !== undefined;
  if (isAsked) await setCapacity(platform, { desired, min, max });
  const status =
    isAsked && wait
      ? await awaitCapacity(platform, progressOf(command), interruptSignal())
      : await readScaling(platform);
  const off = 'instances do not come and go here: see application.autoScaling.enabled';
  print(command, status ?? null, status ? scalingText(status) : off);
}
