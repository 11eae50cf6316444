import { formatDuration } from '../units.ts';
import { type Rule, set } from './finding.ts';

/** Long enough for a busy server, short enough to be no interval. */
const USUAL_TIMEOUT = 5000;

export const healthTimeout: Rule = {
  name: 'health-timeout',
  severity: 'error',
  find({ loadBalancer: { healthCheck } }) {
    const { interval, timeout } = healthCheck;
    if (timeout < interval) return [];
    return [
      {
        path: 'loadBalancer.healthCheck.timeout',
        message: `${formatDuration(timeout)} is not shorter than the interval (${formatDuration(interval)})`,
        reason:
          'the next check is due before the last one has failed: a hung server stays in for longer than it says here',
        fix: set({
          'loadBalancer.healthCheck.timeout': formatDuration(Math.min(USUAL_TIMEOUT, Math.floor(interval / 2))),
        }),
      },
    ];
  },
};

/** What `/health` takes at most, in milliseconds: each of its looks has 2 s, and its answer a margin. */
const LONGEST_LOOK = 2500;

export const hastyHealthCheck: Rule = {
  name: 'hasty-health-check',
  severity: 'warning',
  find({ loadBalancer: { healthCheck } }) {
    const { interval, timeout } = healthCheck;
    if (timeout >= LONGEST_LOOK) return [];
    const wanted = {
      ...(interval > LONGEST_LOOK ? {} : { 'loadBalancer.healthCheck.interval': formatDuration(2 * LONGEST_LOOK) }),
      'loadBalancer.healthCheck.timeout': formatDuration(LONGEST_LOOK),
    };
    return [
      {
        path: 'loadBalancer.healthCheck.timeout',
        message: `${formatDuration(timeout)} is less than /health may take (${formatDuration(LONGEST_LOOK)})`,
        reason:
          'while the database or the cache is away, servers that could answer are taken for dead, all of them at once',
        fix: set(wanted),
      },
    ];
  },
};

export const gracePeriod: Rule = {
  name: 'grace-period',
  severity: 'error',
  find({ loadBalancer: { healthCheck }, application: { autoScaling } }) {
    const { interval, healthyThreshold, unhealthyThreshold } = healthCheck;
    const verdict = interval * Math.max(healthyThreshold, unhealthyThreshold);
    const grace = autoScaling.healthCheck.gracePeriod;
    if (verdict <= grace) return [];
    return [
      {
        path: 'application.autoScaling.healthCheck.gracePeriod',
        message: `${formatDuration(grace)} is shorter than the health check needs for a verdict (${formatDuration(verdict)})`,
        reason: 'a new instance is replaced before the load balancer can have found it healthy, again and again',
        fix: set({ 'application.autoScaling.healthCheck.gracePeriod': formatDuration(verdict) }),
      },
    ];
  },
};
