import type { Bounds } from '@sbmcrm/spec/capacity';
import type { Memory } from './memory.ts';

/** When instances come and go with the load; times in milliseconds. */
export interface Policy {
  /** Average processor use above which instances are added, in percent, and for how long. */
  up: { above: number; forMs: number; add: number };
  down: { below: number; forMs: number; remove: number };
  /** After an instance came or went, load is not judged for this long. */
  cooldownMs: number;
  /** A new instance is not judged for this long. */
  graceMs: number;
}

/** A figure that is older than so many windows is none. */
const MOST_OLD = 3;

/**
 * Since when load has been above its bound, or below. While instances come and go it is not judged. Pure.
 *
 * @param percent of the window that has just ended; undefined: none has, or nothing is known of it
 */
export function judge(
  memory: Memory,
  percent: number | undefined,
  policy: Policy,
  nowMs: number,
  lengthMs: number,
): Memory {
  const { hotSinceMs, coldSinceMs, ...rest } = memory;
  const calm = { ...rest, ...(percent === undefined ? {} : { load: { atMs: nowMs, percent } }) };
  if (nowMs - memory.changedAtMs < policy.cooldownMs) return calm;
  if (percent === undefined) {
    const isKnown = memory.load !== undefined && nowMs - memory.load.atMs <= lengthMs * MOST_OLD;
    return isKnown ? memory : calm;
  }
  // The window that says so began earlier.
  const since = nowMs - lengthMs;
  if (percent > policy.up.above) return { ...calm, hotSinceMs: hotSinceMs ?? since };
  if (percent < policy.down.below) return { ...calm, coldSinceMs: coldSinceMs ?? since };
  return calm;
}

/** How many there are to be by the load, and why; undefined: as many as now. Pure. */
export function byLoad(
  memory: Memory,
  bounds: Bounds,
  { up, down }: Policy,
  nowMs: number,
): { desired: number; why: string } | undefined {
  const { hotSinceMs, coldSinceMs, load } = memory;
  const percent = load?.percent ?? 0;
  const figure = `CPU ${Math.round(percent)} %`;
  const { min, max, desired } = bounds;
  if (hotSinceMs !== undefined && nowMs - hotSinceMs >= up.forMs && desired < max) {
    const why = `${figure}, above ${up.above} % for ${minutes(nowMs - hotSinceMs)}`;
    return { desired: Math.min(max, desired + up.add), why };
  }
  if (coldSinceMs !== undefined && nowMs - coldSinceMs >= down.forMs && desired > min) {
    const next = Math.max(min, desired - down.remove);
    // What the others would carry then must not bring it back at once.
    if ((percent * desired) / next >= up.above) return undefined;
    return { desired: next, why: `${figure}, below ${down.below} % for ${minutes(nowMs - coldSinceMs)}` };
  }
  return undefined;
}

function minutes(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
