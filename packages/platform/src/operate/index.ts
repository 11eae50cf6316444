import type { RoleMove } from '@sbmcrm/cloud';
import type { Platform } from '../opened.ts';
import type { Progress } from '../progress.ts';
import { move, type OperationResult } from './move.ts';
import { patroniMover, sentinelMover } from './movers.ts';

/** Moves the database's primary: by the provider where the service is its own, else by the engine in the hosts. See {@link move}. */
export async function moveDatabase(
  platform: Platform,
  operation: RoleMove,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  const { managed } = platform.cloud;
  if (managed?.database) return move(managed.database, operation, to, progress);
  const mover = patroniMover(platform);
  let result: OperationResult;
  try {
    result = await move(mover, operation, to, progress);
  } finally {
    // It ends by itself, too.
    await mover.settle().catch(() => {});
  }
  const { fenced } = mover;
  if (!fenced) return result;
  await progress.step(`${fenced.host} comes back as standby`, () => mover.release());
  return { ...result, fenced: fenced.host };
}

/** Moves the cache's primary, likewise. */
export function moveCache(
  platform: Platform,
  operation: RoleMove,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  return move(platform.cloud.managed?.cache ?? sentinelMover(platform), operation, to, progress);
}
