import { ToolError } from '@sbmcrm/errors';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { passThrough } from '../pass-through.ts';

export async function runExec(name: string, words: string[], _options: unknown, command: Command): Promise<void> {
  const { access } = cloudOf(command).cloud;
  if (!access.exec) throw new ToolError('NOT_OFFERED', 'where these hosts are, they have no shell');
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  await passThrough(await access.exec(name, words, terminal));
}
