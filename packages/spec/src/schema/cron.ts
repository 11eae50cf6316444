import { z } from 'zod';
import { show } from '../text.ts';
import { timesOf } from '../times.ts';

/** What is done takes minutes, and is to be done with before the next time. */
const LEAST_BETWEEN_MS = 3_600_000;
/** Times that are looked at for that: some lie close together only now and then. */
const LOOKED_AT = 50;
const WHAT = 'a time as cron has it, such as "0 4 * * 0" (Sundays at 04:00)';

/** A time that comes again and again. */
export const cronTime = z
  .string({ error: ({ input }) => `${show(input)} is not ${WHAT}` })
  .max(100, { error: `expected ${WHAT}` })
  .superRefine((input, context) => {
    const message = contradiction(input);
    if (message !== undefined) context.addIssue({ code: 'custom', message, input });
  })
  .meta({ description: 'When, as a cron expression of five fields; at least an hour lies between two times.' });

function contradiction(expression: string): string | undefined {
  // A date is a time, too, and comes once.
  if (expression.includes(':')) return `${show(expression)} is not ${WHAT}`;
  try {
    const times = timesOf(expression, 'UTC');
    // Always the same span, so that a spec is right or wrong whenever it is read.
    let before = times.next(0);
    if (before === undefined) return `${show(expression)} never comes`;
    for (let n = 0; n < LOOKED_AT; n += 1) {
      const next = times.next(before);
      if (next === undefined) return undefined;
      if (next - before < LEAST_BETWEEN_MS) return `${show(expression)} comes more than once an hour`;
      before = next;
    }
    return undefined;
  } catch {
    return `${show(expression)} is not ${WHAT}`;
  }
}
