import { cronTime } from '../cron.ts';
import { type Contradiction, related } from '../related.ts';
import { block, duration, flag, list, oneOf, percent, wholeNumber } from '../scalars.ts';
import { timezone } from '../timezone.ts';

/** Instances are numbered 01 to 99, and each number has its own address. */
export const MOST_INSTANCES = 99;

const scaleUp = block('When to add instances.', {
  metric: oneOf(['cpu'], { about: 'Average CPU utilization of the instances.' }).prefault('cpu'),
  /** Percent. */
  above: percent({ about: 'Add above this.', from: '10%', to: '100%', default: '70%' }),
  /** Milliseconds. */
  for: duration({ about: 'For at least this long.', from: '10s', to: '1d', default: '5m' }),
  add: wholeNumber({ about: 'Instances to add at a time.', from: 1, to: 10 }).prefault(1),
});

const scaleDown = block('When to remove instances.', {
  metric: oneOf(['cpu'], { about: 'Average CPU utilization of the instances.' }).prefault('cpu'),
  /** Percent. */
  below: percent({ about: 'Remove below this.', from: '0%', to: '100%', default: '30%' }),
  /** Milliseconds. */
  for: duration({ about: 'For at least this long.', from: '10s', to: '1d', default: '10m' }),
  remove: wholeNumber({ about: 'Instances to remove at a time.', from: 1, to: 10 }).prefault(1),
});

const scalingHealthCheck = block('How auto-scaling finds instances to replace.', {
  type: oneOf(['ELB'], { about: "By the load balancer's health check." }).prefault('ELB'),
  /** Milliseconds. */
  gracePeriod: duration({
    about: 'A new instance is not judged for this long.',
    from: '0s',
    to: '1d',
    default: '300s',
  }),
});

const count = (about: string) => wholeNumber({ about, from: 1, to: MOST_INSTANCES });

const scheduledCapacity = block('Another number of instances from a time on.', {
  at: cronTime,
  min: count('Never fewer instances from then on.').optional(),
  max: count('Never more instances from then on.').optional(),
  desired: count('Instances from then on.').optional(),
});

const autoScalingKeys = block('How many instances there are.', {
  enabled: flag({
    about: 'Whether instances are added, removed and replaced by themselves.',
    default: false,
  }),
  min: count('Never fewer instances.').prefault(2),
  max: count('Never more instances.').prefault(10),
  desired: count('Instances at the start; `sbmcrm scale` changes it, and so does the load.').prefault(2),
  scaleUp: scaleUp.prefault({}),
  scaleDown: scaleDown.prefault({}),
  /** Milliseconds. */
  cooldown: duration({
    about: 'After an instance came or went, load is not judged for this long.',
    from: '0s',
    to: '1d',
    default: '60s',
  }),
  healthCheck: scalingHealthCheck.prefault({}),
  timezone: timezone.prefault('UTC'),
  schedule: list(scheduledCapacity, {
    about: 'How many instances there are from set times on, until the load or somebody wants another number.',
    from: 0,
    to: 20,
  }).prefault([]),
});

const withOrderedBounds = related(autoScalingKeys, ['min', 'max'], ({ min, max }) =>
  min <= max ? [] : [{ at: ['min'], message: `${min} is greater than max (${max})` }],
);

const withDesired = related(withOrderedBounds, ['min', 'max', 'desired'], ({ min, max, desired }) =>
  min > max || (min <= desired && desired <= max)
    ? []
    : [{ at: ['desired'], message: `${desired} is not between min (${min}) and max (${max})` }],
);

interface Entry {
  min?: number | undefined;
  max?: number | undefined;
  desired?: number | undefined;
}

/** What one entry says must fit into itself and into the fleet. */
function scheduleContradicts({
  min,
  max,
  schedule,
}: {
  min: number;
  max: number;
  schedule: readonly Entry[];
}): Contradiction[] {
  return schedule.flatMap((entry, index) => {
    const at = (key: string) => ['schedule', index, key];
    const { min: least = min, max: most = max, desired } = entry;
    if (entry.min === undefined && entry.max === undefined && desired === undefined)
      return [{ at: ['schedule', index], message: 'says nothing: give desired, min or max' }];
    if (most > max) return [{ at: at('max'), message: `${most} is more than autoScaling.max (${max})` }];
    if (least > most)
      return [
        { at: at(entry.min === undefined ? 'max' : 'min'), message: `at least ${least} are more than at most ${most}` },
      ];
    if (desired !== undefined && (desired < least || desired > most))
      return [{ at: at('desired'), message: `${desired} is not between ${least} and ${most}` }];
    return [];
  });
}

export const autoScaling = related(withDesired, ['min', 'max', 'schedule'], scheduleContradicts);
