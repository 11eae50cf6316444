import type { ScalingStatus } from '@sbmcrm/platform';

/** In one line, as `status` and `scale` show it. Pure. */
export function scalingText({ desired, min, max, by, serving, load, held }: ScalingStatus): string {
  const cpu = load === undefined ? '' : `, CPU ${load} %`;
  const why = held === undefined ? '' : ` — ${held}`;
  return `API servers ${serving} of ${desired} (at least ${min}, at most ${max}; wanted by ${by}${cpu})${why}`;
}
