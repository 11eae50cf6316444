import type { Progress } from '@sbmcrm/platform';
import { openCloud, openWorkspace, type PlatformCloud, type Workspace } from '@sbmcrm/platform/cloud';
import type { Command } from 'commander';
import { createProgress } from './progress.ts';

export interface GlobalOptions {
  spec?: string;
  state?: string;
  json?: boolean;
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

export function workspaceOf(command: Command): Workspace {
  return openWorkspace(globalOptions(command));
}

/** The platform without its spec: such a command works while the spec is broken. */
export function cloudOf(command: Command): PlatformCloud {
  return openCloud(workspaceOf(command));
}

export function progressOf(command: Command): Progress {
  return createProgress(globalOptions(command).json === true);
}

/** Prints a result: as one JSON object with --json, else as text. */
export function print(command: Command, value: unknown, text: string): void {
  console.log(globalOptions(command).json ? JSON.stringify(value) : text);
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
