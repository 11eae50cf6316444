import { openPlatform, openWorkspace, type Platform, type Progress, type Workspace } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { createProgress } from './progress.ts';

/** Exit codes of every command, see docs/reference/cli.md. */
export const EXIT = { done: 0, failed: 1, usage: 2, unhealthy: 3 } as const;

/** Bad usage: one line on standard error, exit code 2. */
export class UsageError extends Error {}

export interface GlobalOptions {
  spec?: string;
  state?: string;
  json?: boolean;
}

/** The options that every command has, whether given before or after its name. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

export function workspaceOf(command: Command): Workspace {
  return openWorkspace(globalOptions(command));
}

export function platformOf(command: Command): Platform {
  return openPlatform(workspaceOf(command));
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
