import { block, duration, flag, oneOf, timeOfDay } from './scalars.ts';
import { timezone } from './timezone.ts';

const retention = (value: string) =>
  duration({ about: 'Kept for this long.', from: '1d', to: '3650d', default: value, whole: '1d' });

export const backup = block('What is saved, when, and for how long.', {
  timezone: timezone.prefault('UTC'),
  database: block('Backups of the database.', {
    /** Minutes after midnight. */
    at: timeOfDay({ about: 'Daily at this time.', default: '02:00' }),
    /** Milliseconds. */
    retention: retention('30d'),
    crossRegion: flag({ about: 'A copy in the secondary region.', default: true }),
    pointInTimeRecovery: flag({ about: 'Keep the log too: restore to any moment.', default: true }),
  }).prefault({}),
  files: block('Backups of the files.', {
    /** Minutes after midnight. */
    at: timeOfDay({ about: 'Daily at this time.', default: '03:00' }),
    /** Milliseconds. */
    retention: retention('90d'),
    storage: oneOf(['archive'], { about: 'Storage class.' }).prefault('archive'),
  }).prefault({}),
  configuration: block('Backups of the configuration.', {
    on: oneOf(['change'], { about: 'When it is saved.' }).prefault('change'),
    to: oneOf(['git'], { about: 'Where it is saved.' }).prefault('git'),
  }).prefault({}),
}).prefault({});
