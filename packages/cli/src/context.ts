import type { Progress } from '@sbmcrm/platform';
import { openCloud, openWorkspace, type PlatformCloud, type Workspace } from '@sbmcrm/platform/cloud';
import type { Spec } from '@sbmcrm/spec';
import type { Command } from 'commander';
import { globalOptions } from './options.ts';
import { createProgress } from './progress.ts';

export function workspaceOf(command: Command): Workspace {
  return openWorkspace(globalOptions(command));
}

/** The platform without its spec: such a command works while the spec is broken. */
export function cloudOf(command: Command): PlatformCloud {
  return openCloud(workspaceOf(command));
}

/** Refuses a spec whose schedule has a drill that there is not. Drills are loaded only where it has one. */
export function vetOf(specFile: string): (spec: Spec) => Promise<void> {
  return async ({ drills: { schedule } }) => {
    if (schedule.length === 0) return;
    const { assertScheduled } = await import('@sbmcrm/drills');
    await assertScheduled(schedule, specFile);
  };
}

export function progressOf(command: Command): Progress {
  return createProgress(globalOptions(command).json === true);
}

/**
 * A signal that Ctrl-C raises. The first one lets the running step end in good order, a second one ends the process at
 * once; nothing is lost either way, since every step can be run again.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      console.error('\nstopping after this step (Ctrl-C again to stop at once) …');
      controller.abort();
    });
  }
  return controller.signal;
}
