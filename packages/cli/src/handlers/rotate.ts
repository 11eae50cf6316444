import { ROTATED_PARTS, type RotatedPart, SECRET_PARTS } from '@sbmcrm/engines';
import { openWithApplied, rotate } from '@sbmcrm/platform';
import type { Command } from 'commander';
import { interruptSignal, progressOf, workspaceOf } from '../context.ts';
import { UsageError } from '../exit.ts';
import { print } from '../options.ts';

export async function runRotate(given: string[], { all }: { all: boolean }, command: Command): Promise<void> {
  const isPart = (part: string): part is RotatedPart => Object.hasOwn(SECRET_PARTS, part);
  const known = given.filter(isPart);
  const unknown = given.find((part) => !isPart(part));
  if (unknown !== undefined) throw new UsageError(`there is no part "${unknown}" (parts: ${ROTATED_PARTS.join(', ')})`);
  if (all === known.length > 0) throw new UsageError(`name parts, or --all (parts: ${ROTATED_PARTS.join(', ')})`);
  const platform = await openWithApplied(workspaceOf(command));
  const parts = all ? ROTATED_PARTS : [...new Set(known)];
  const rotated = await rotate(platform, parts, { progress: progressOf(command), signal: interruptSignal() });
  const lines = rotated.map(
    ({ part, elapsedMs }) => `New: ${SECRET_PARTS[part].about} (${(elapsedMs / 1000).toFixed(1)} s).`,
  );
  print(command, { rotated }, lines.join('\n'));
}
