import type { RoleMove } from '@sbmcrm/cloud';
import type { Platform } from '../opened.ts';
import type { Progress } from '../progress.ts';
import { move, type OperationResult } from './move.ts';
import { patroniMover, sentinelMover } from './movers.ts';

/** Moves the database's primary: by the provider where the service is its own, else by the engine in the hosts. See {@link move}. */
export function moveDatabase(
  platform: Platform,
  operation: RoleMove,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  return move(platform.cloud.managed?.database ?? patroniMover(platform), operation, to, progress);
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
