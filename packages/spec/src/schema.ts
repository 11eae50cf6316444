import type { z } from 'zod';
import { alerts } from './schema/alerts.ts';
import { application } from './schema/application/application.ts';
import { backup } from './schema/backup.ts';
import { cache } from './schema/cache.ts';
import { database } from './schema/database.ts';
import { drills } from './schema/drills.ts';
import { loadBalancer } from './schema/load-balancer.ts';
import { monitoring } from './schema/monitoring.ts';
import { quorum, regions, zones } from './schema/places.ts';
import { block, text } from './schema/scalars.ts';
import { storage } from './schema/storage.ts';

/**
 * The spec: every key with its default (the guide's value), its bounds, and what cannot be together.
 *
 * Every block may be left out or given in part. What is legal here may still be unsafe: that is for `checkSpec`.
 */
export const specSchema = block('The desired system, in the vocabulary of the operators’ guide.', {
  platform: text({
    about: 'Name of the platform.',
    pattern: /^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/,
    what: 'a name such as sbmcrm (lower-case letters, digits and hyphens, at most 30)',
  }).prefault('sbmcrm'),
  regions,
  zones,
  loadBalancer,
  application,
  database,
  cache,
  quorum,
  monitoring,
  storage,
  backup,
  alerts,
  drills,
});

/**
 * A spec as the rest of the product reads it: complete, valid, and in numbers.
 *
 * | in the file | here |
 * |---|---|
 * | durations (`30s`) | milliseconds |
 * | sizes (`8GB`) | bytes |
 * | percentages (`70%`) | 70 |
 * | times of day (`"02:00"`) | minutes after midnight, in `backup.timezone` |
 */
export type Spec = z.output<typeof specSchema>;

/** A spec as it is written: every key may be left out, quantities carry their unit. */
export type SpecInput = z.input<typeof specSchema>;
