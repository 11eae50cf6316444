import type { FleetPlace } from '@sbmcrm/cloud';
import type { Counter, Memory } from './memory.ts';

/** A figure is of a minute, as clouds' own are; for a rule that waits for less there are five of them. */
const WINDOW_MS = 60_000;
const WINDOWS = 5;
/** One that took so many times longer than it should says nothing: whoever led was away. */
const MOST_WINDOWS = 3;

/** How long load is measured for one figure, in milliseconds. Pure. @param forMs the shortest time that a rule waits for */
export const windowMs = (forMs: number): number => Math.min(WINDOW_MS, forMs / WINDOWS);

/**
 * Measures how busy instances are: the average of all that serve, over a window. Where one of them says nothing there is no figure, and
 * nobody acts on what the others say. Pure.
 *
 * @param serving those that take requests
 * @param atMs by the clock of whoever counts
 * @returns with `percent` once a window has ended, unless nothing is known of it
 */
export function measure(
  memory: Pick<Memory, 'window'>,
  serving: readonly FleetPlace[],
  atMs: number,
  lengthMs: number,
): { window: NonNullable<Memory['window']>; percent?: number } {
  const counters: Record<string, Counter> = {};
  for (const { name, startedAtMs, cpu } of serving)
    if (cpu && startedAtMs !== null) counters[name] = { startedAtMs, seconds: cpu.seconds };
  const begun = { startMs: atMs, counters };
  const { window } = memory;
  const tookMs = window === undefined ? Number.NaN : atMs - window.startMs;
  if (window === undefined || tookMs < 0 || tookMs > lengthMs * MOST_WINDOWS) return { window: begun };
  if (tookMs < lengthMs) return { window };
  const shares = serving.flatMap(({ name, cpu, startedAtMs }) => {
    const before = window.counters[name];
    if (!before || !cpu || before.startedAtMs !== startedAtMs || cpu.seconds < before.seconds) return [];
    return [(cpu.seconds - before.seconds) / (tookMs / 1000) / cpu.cpus];
  });
  if (shares.length === 0 || shares.length < serving.length) return { window: begun };
  return { window: begun, percent: (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length };
}
