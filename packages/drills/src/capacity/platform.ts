import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@sbmcrm/local';
import type { Platform, Progress } from '@sbmcrm/platform';
import type { MeasuredCapacity } from '@sbmcrm/report';
import { machine } from '../environment.ts';
import { RATE_SHARE } from '../run/judge/figures.ts';
import { searchCapacity } from './search.ts';

/** What a drill asks for by itself, at most. */
export const MOST_DEFAULT_RATE = 200;
/** A platform that carries so much is loaded with the most that a drill asks for: more need not be known. */
const ENOUGH = Math.ceil(MOST_DEFAULT_RATE / RATE_SHARE);

/** The search looks twice: one lucky pass is no base for a rate. */
const PASSES = 2;
/** A load that was too much before any fault shows that the platform carries less than it was found to. */
const LOWER = 0.75;

/** The rate at which drills run by themselves: the smaller of 200 a second and 60 % of the lowest capacity found. Pure. */
export function rateFor({ spread: [lowest] }: Pick<MeasuredCapacity, 'spread'>): number {
  return Math.max(1, Math.min(MOST_DEFAULT_RATE, Math.floor(lowest * RATE_SHARE)));
}

/** The capacity to go on with when the rate that it allowed was too much: pure. @param because what was seen, in a few words */
export function lowered(capacity: MeasuredCapacity, because: string): MeasuredCapacity {
  const { spread, lowered: before } = capacity;
  const rate = Math.max(1, Math.floor(spread[0] * LOWER));
  const from = before?.from ?? capacity.rate;
  return { ...capacity, rate, atLeast: false, spread: [rate, rate], lowered: { from, because } };
}

/**
 * What the platform carries on this machine: measured once, and kept beside its state.
 *
 * @throws Error in one line when it carries nothing; Interrupted
 */
export async function platformCapacity(
  platform: Platform,
  options: { progress: Progress; signal?: AbortSignal | undefined },
): Promise<MeasuredCapacity> {
  const known = keptCapacity(platform);
  if (known) return known;
  const found = await searchCapacity(platform, { ...options, enough: ENOUGH, passes: PASSES });
  keepCapacity(platform, found);
  return found;
}

/** What was measured for these hosts on this machine; undefined: nothing. */
export function keptCapacity(platform: Platform): MeasuredCapacity | undefined {
  try {
    const kept = JSON.parse(readFileSync(fileOf(platform), 'utf8')) as { of: string; capacity: MeasuredCapacity };
    return kept.of === identity(platform) ? kept.capacity : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what was measured, for the next drill. */
export function keepCapacity(platform: Platform, capacity: MeasuredCapacity): void {
  writeFileAtomic(fileOf(platform), `${JSON.stringify({ of: identity(platform), capacity })}\n`, 0o600);
}

function fileOf({ paths }: Platform): string {
  return join(paths.root, 'capacity.json');
}

/** Another machine, or other hosts, carry something else. */
function identity({ topology }: Platform): string {
  const hosts = topology.hosts.map(({ name, role, size }) => ({ name, role, size }));
  return createHash('sha256')
    .update(JSON.stringify({ machine: machine(), hosts }))
    .digest('hex');
}
