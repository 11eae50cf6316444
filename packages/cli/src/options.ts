import type { Command } from 'commander';

export interface GlobalOptions {
  spec?: string;
  state?: string;
  json?: boolean;
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** Prints a result: as one JSON object with --json, else as text. */
export function print(command: Command, value: unknown, text: string): void {
  console.log(globalOptions(command).json ? JSON.stringify(value) : text);
}
