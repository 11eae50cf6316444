import { count } from './format.ts';
import type { MeasuredCapacity, ReportFile } from './types.ts';

/** The rate of the load and how it was chosen, in one line. */
export function loadText({ rate, chosen, capacity }: ReportFile['load']): string {
  return [
    `load: ${count(rate)} requests/s${chosen === 'asked' ? ' as asked' : ''}`,
    ...(capacity ? [`capacity measured ${capacity.measuredAt.slice(0, 10)}: ${capacityText(capacity)}`] : []),
  ].join('; ');
}

function capacityText({ rate, atLeast, spread: [low, high], lowered }: MeasuredCapacity): string {
  if (lowered) return `${count(lowered.from)} requests/s, taken for ${count(rate)} (${lowered.because})`;
  return atLeast ? `at least ${count(rate)} requests/s` : `${count(rate)} (${count(low)}–${count(high)}) requests/s`;
}

/** Who used the machine at the highest rate that held: `postgres-a 0.61 · sbmcrm-api-01 0.44 of 2 cores`. */
export function busyText({ busy, cores }: MeasuredCapacity): string {
  const parts = busy.map(({ name, cores: used }) => `${name} ${used.toFixed(2)}`);
  return parts.length === 0 ? '' : `${parts.join(' · ')} of ${count(cores)} cores`;
}

/** How many of the planned drills have run; undefined when all have. */
export function unfinished({ plan, runs }: ReportFile): string | undefined {
  return runs.length < plan.length ? `${count(runs.length)} of ${count(plan.length)} drills ran` : undefined;
}
