import { moveCache, moveDatabase, type OperationResult, openPlatform } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { progressOf, workspaceOf } from '../context.ts';
import { print } from '../options.ts';

type Part = 'database' | 'cache';

export function runFailover(part: Part, options: { to?: string }, command: Command): Promise<void> {
  return movePrimary('failover', part, options.to, command);
}

export function runSwitchover(part: Part, options: { to: string }, command: Command): Promise<void> {
  return movePrimary('switchover', part, options.to, command);
}

async function movePrimary(
  operation: OperationResult['operation'],
  part: Part,
  to: string | undefined,
  command: Command,
): Promise<void> {
  const move = part === 'database' ? moveDatabase : moveCache;
  const result = await move(openPlatform(workspaceOf(command)), operation, to, progressOf(command));
  const { to: now, from, elapsedMs, fenced } = result;
  const old = fenced === undefined ? '' : ` ${fenced} did not answer: it was fenced, and is started again as standby.`;
  print(
    command,
    result,
    `The ${part}'s primary is ${now} (was ${from ?? 'nobody'}; ${(elapsedMs / 1000).toFixed(1)} s).${old}`,
  );
}
