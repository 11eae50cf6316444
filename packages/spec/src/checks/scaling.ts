import type { Spec } from '../schema.ts';
import { formatDuration, formatPercent } from '../units.ts';
import { type Rule, set } from './finding.ts';
import { startingFleet } from './fleet.ts';

export const tooFewInstances: Rule = {
  name: 'too-few-instances',
  severity: 'error',
  find({ application: { autoScaling } }) {
    const { min, max, desired } = autoScaling;
    if (min >= 2) return [];
    return [
      {
        path: 'application.autoScaling.min',
        message: 'scaling down may leave a single instance',
        reason: 'when that one fails nobody answers until its replacement is up',
        fix: set({
          'application.autoScaling.min': 2,
          ...(desired < 2 ? { 'application.autoScaling.desired': 2 } : {}),
          ...(max < 2 ? { 'application.autoScaling.max': 2 } : {}),
        }),
      },
    ];
  },
};

export const desiredBelowInstances: Rule = {
  name: 'desired-below-instances',
  severity: 'warning',
  find({ application: { instances, autoScaling } }) {
    if (instances.length <= autoScaling.desired) return [];
    return [
      {
        path: 'application.autoScaling.desired',
        message: `${autoScaling.desired} are desired, ${instances.length} are named in application.instances`,
        reason: 'the platform starts with instances that auto-scaling regards as surplus',
        fix: set({ 'application.autoScaling.desired': instances.length }),
      },
    ];
  },
};

/** Instances are numbered 01 to 99. */
const MOST_INSTANCES = 99;
/** `scaleUp.above` takes no less. */
const LEAST_ABOVE = 10;

/** The highest load at which the rest can carry all, in percent: two decimals, as the spec has them. */
const bearable = (left: number, total: number) => Math.floor((10_000 * left) / total) / 100;

export const zoneLossOverload: Rule = {
  name: 'zone-loss-overload',
  severity: 'warning',
  find(spec) {
    const { max, scaleUp } = spec.application.autoScaling;
    const { total, left } = startingFleet(spec);
    const load = (scaleUp.above * total) / left;
    // With all in one zone nothing is left: a rule of its own.
    if (left === 0 || load <= 100) return [];
    // As many in one zone as in the other: that bears the most.
    const even = Math.min(2 * (total - left), MOST_INSTANCES);
    const above = Math.max(bearable(even - (total - left), even), LEAST_ABOVE);
    return [
      {
        path: 'application.autoScaling.scaleUp.above',
        message: `losing a zone leaves ${left} of ${total} instances: ${formatPercent(scaleUp.above)} on each becomes ${Math.round(load)}%`,
        reason: `requests pile up on those left until enough are added, ${scaleUp.add} at a time, the first after ${formatDuration(scaleUp.for)}`,
        fix: set({
          ...(total < even ? { 'application.autoScaling.desired': even } : {}),
          ...(max < even ? { 'application.autoScaling.max': even } : {}),
          ...(scaleUp.above > above ? { 'application.autoScaling.scaleUp.above': formatPercent(above) } : {}),
        }),
      },
    ];
  },
};

interface Flap {
  /** `scaleDown.below` must stay under this, in percent. */
  limit: number;
  message: string;
}

/**
 * How one action leads straight to the other. The fleet is taken at its smallest, where one instance more or less weighs
 * most: adding spreads the load of `min` instances, removing puts the load of `min + remove` on `min`.
 */
function flaps({ min, max, scaleUp, scaleDown }: Spec['application']['autoScaling']): Flap[] {
  const [above, below] = [formatPercent(scaleUp.above), formatPercent(scaleDown.below)];
  const after = Math.min(min + scaleUp.add, max);
  const before = Math.min(min + scaleDown.remove, max);
  const spread = (scaleUp.above * min) / after;
  const gathered = Math.min(100, (scaleDown.below * before) / min);
  return [
    { limit: scaleUp.above, message: `removing below ${below} overlaps with adding above ${above}` },
    {
      limit: spread,
      message: `${min} instances at ${above} become ${after} at ${formatPercent(spread)}: not above ${below}, so they are removed again`,
    },
    {
      limit: (scaleUp.above * min) / before,
      message: `${before} instances at ${below} become ${min} at ${formatPercent(gathered)}: not below ${above}, so they are added again`,
    },
  ];
}

export const scalingFlaps: Rule = {
  name: 'scaling-flaps',
  severity: 'error',
  find({ application: { autoScaling } }) {
    const found = flaps(autoScaling);
    const flap = found.find(({ limit }) => limit <= autoScaling.scaleDown.below);
    if (!flap) return [];
    const limit = Math.min(...found.map((each) => each.limit));
    return [
      {
        path: 'application.autoScaling.scaleDown.below',
        message: flap.message,
        reason: 'instances are added and removed in turn, each time with cold caches and drained connections',
        // A tenth below the limit: measured load is never exactly what the arithmetic says.
        fix: set({ 'application.autoScaling.scaleDown.below': formatPercent(Math.floor(limit * 9) / 10) }),
      },
    ];
  },
};

export const hastyScaleDown: Rule = {
  name: 'hasty-scale-down',
  severity: 'warning',
  find({ application: { autoScaling } }) {
    const { scaleUp, scaleDown } = autoScaling;
    if (scaleDown.for >= scaleUp.for) return [];
    return [
      {
        path: 'application.autoScaling.scaleDown.for',
        message: `capacity goes after ${formatDuration(scaleDown.for)} and comes after ${formatDuration(scaleUp.for)}`,
        reason: 'a short lull removes what the next wave needs, and it comes back later than it went',
        fix: set({ 'application.autoScaling.scaleDown.for': formatDuration(scaleUp.for) }),
      },
    ];
  },
};

export const loadOutOfReach: Rule = {
  name: 'load-out-of-reach',
  severity: 'warning',
  find({ application: { size, autoScaling } }) {
    const { enabled, scaleUp } = autoScaling;
    // One process uses one processor, and a little beside it.
    const most = 100 / size.cpus;
    if (!enabled || most > scaleUp.above) return [];
    return [
      {
        path: 'application.size.cpus',
        message: `an API server of ${size.cpus} processors never gets far above ${formatPercent(Math.floor(most))}: instances are added above ${formatPercent(scaleUp.above)}`,
        reason: 'one process uses one processor, so that load never brings another instance',
        fix: set({ 'application.size.cpus': 1 }),
      },
    ];
  },
};
