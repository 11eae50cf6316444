import type { Alert, Alerted } from './alert.ts';
import { guideAlerts } from './guide.ts';
import { lossAlerts } from './losses.ts';
import { watchAlerts } from './watch.ts';

export type { Alert, Alerted, Severity } from './alert.ts';

/** Holds always: where it does not come any more nobody would be told of anything. */
export const WATCHDOG = 'Watchdog';

/** Whether it is about one host: then it has that as a label, which its text names. Pure. */
export const isOfHost = ({ text }: Pick<Alert, 'text'>) => text.includes('$labels.host');

/** Every alert of the guide, and what tells of the next failure that would hurt. Pure. */
export function alertsOf(of: Alerted): Alert[] {
  return [...guideAlerts(of), ...lossAlerts(of), ...watchAlerts(of)];
}
