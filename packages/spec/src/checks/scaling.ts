import type { Spec } from '../schema.ts';
import { formatDuration, formatPercent } from '../units.ts';
import { type Rule, set } from './finding.ts';

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

/**
 * The load per instance, in percent, at which scaling must not yet remove one: where either action leads straight to the
 * other. The fleet is taken at its smallest, where one instance more or less weighs most.
 *
 * Up: at `above` the load spreads from `min` to `min + add` instances. Down: at `below` the load of `min + remove`
 * instances falls on `min`.
 */
function flapLimit({ min, max, scaleUp, scaleDown }: Spec['application']['autoScaling']): number {
  const afterAdding = (scaleUp.above * min) / Math.min(min + scaleUp.add, max);
  const beforeRemoving = (scaleUp.above * min) / Math.min(min + scaleDown.remove, max);
  return Math.min(afterAdding, beforeRemoving);
}

export const scalingFlaps: Rule = {
  name: 'scaling-flaps',
  severity: 'error',
  find({ application: { autoScaling } }) {
    const { min, max, scaleUp, scaleDown } = autoScaling;
    const limit = flapLimit(autoScaling);
    if (scaleDown.below < limit) return [];
    const [above, below] = [formatPercent(scaleUp.above), formatPercent(scaleDown.below)];
    return [
      {
        path: 'application.autoScaling.scaleDown.below',
        message:
          min === max || scaleDown.below >= scaleUp.above
            ? `removing below ${below} and adding above ${above} leave no load in between`
            : `with ${min} instances, ${above} each becomes ${formatPercent(limit)} after one action: below ${below} undoes it`,
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
