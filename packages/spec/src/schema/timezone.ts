import { z } from 'zod';
import { show } from '../text.ts';

const what = 'a time zone such as UTC or Asia/Singapore';

/** The name of a time zone. */
export const timezone = z
  .string({ error: ({ input }) => `${show(input)} is not ${what}` })
  .refine(isTimeZone, { error: ({ input }) => `${show(input)} is not ${what}` })
  .meta({ description: 'IANA time zone of the times below.' });

function isTimeZone(name: string): boolean {
  // The default, without the tables of all the others.
  if (name === 'UTC') return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
