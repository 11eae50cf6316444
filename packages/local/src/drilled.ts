import { existsSync } from 'node:fs';
import { readJson, writeJson } from './machine/files.ts';
import type { PlatformRecord, StatePaths } from './state.ts';

/** Keeps that a drill has just shown that the database fails over. Nothing where the platform's folder was deleted. */
export function keepDrilled(paths: StatePaths): void {
  if (existsSync(paths.platform)) writeJson(paths.drilled, { at: new Date().toISOString() });
}

/** When that was last, in milliseconds since the epoch; before the first drill, and where nobody knows, when the platform was made. */
export function drilledAtMs(paths: StatePaths): number {
  const at = Date.parse(readJson<{ at: string }>(paths.drilled)?.at ?? '');
  if (Number.isFinite(at)) return at;
  return Date.parse(readJson<Pick<PlatformRecord, 'createdAt'>>(paths.platform)?.createdAt ?? '') || Date.now();
}
