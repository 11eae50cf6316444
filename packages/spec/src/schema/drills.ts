import { cronTime } from './cron.ts';
import { type Contradiction, related } from './related.ts';
import { block, list, text, wholeNumber } from './scalars.ts';
import { timezone } from './timezone.ts';

const scheduled = block('A drill that runs by itself.', {
  drill: text({
    about: 'Its name, as `sbmcrm drill list` shows it.',
    pattern: /^[a-z][a-z0-9-]{0,47}$/,
    what: 'the name of a drill such as database-host-loss',
  }),
  at: cronTime,
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
