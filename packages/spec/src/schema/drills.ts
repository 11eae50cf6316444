import { z } from 'zod';
import { show } from '../text.ts';
import { timesOf } from '../times.ts';
import { type Contradiction, related } from './related.ts';
import { block, list, text, wholeNumber } from './scalars.ts';
import { timezone } from './timezone.ts';

/** A drill takes minutes, and what it broke is to be whole again before the next one. */
const LEAST_BETWEEN_MS = 3_600_000;
/** Times that are looked at for that: some lie close together only now and then. */
const LOOKED_AT = 50;
const WHAT = 'a time as cron has it, such as "0 4 * * 0" (Sundays at 04:00)';

const at = z
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

const scheduled = block('A drill that runs by itself.', {
  drill: text({
    about: 'Its name, as `sbmcrm drill list` shows it.',
    pattern: /^[a-z][a-z0-9-]{0,47}$/,
    what: 'the name of a drill such as database-host-loss',
  }),
  at,
  rate: wholeNumber({ about: 'Requests per second of its own load.', from: 1, to: 1000 }).prefault(20),
});

/** Each is known by its drill's name. */
function drillsContradict(entries: readonly { drill: string }[]): Contradiction[] {
  const names = entries.map((entry) => entry?.drill);
  return entries.flatMap((entry, index) =>
    names.indexOf(entry?.drill) < index
      ? [{ at: [index, 'drill'], message: `"${entry.drill}" is there twice: give one entry with all its times` }]
      : [],
  );
}

export const drills = block('Failovers that are tested again and again.', {
  timezone: timezone.prefault('UTC'),
  schedule: related(
    list(scheduled, {
      about: 'What runs when; one at a time. A time that was missed is made up for, once.',
      from: 0,
      to: 20,
    }),
    [],
    drillsContradict,
  ).prefault([]),
}).prefault({});
