import { formatDuration, parseDuration } from '@sbmcrm/spec/units';
import { UsageError } from './exit.ts';

/** How long a drill's load may go on before the platform is healed. */
export const DWELL_BOUNDS_MS = [1000, 600_000] as const;

/** An option's duration in milliseconds. @throws UsageError naming the option, also beyond its bounds */
export function durationOption(option: string, text: string, [least, most]: readonly [number, number]): number {
  let value: number;
  try {
    value = parseDuration(text);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
  if (value < least || value > most) {
    throw new UsageError(`${option}: give ${formatDuration(least)} to ${formatDuration(most)}, not ${text}`);
  }
  return value;
}
