import { formatDuration, formatPercent } from '../units.ts';
import { type Rule, set } from './finding.ts';
import { startingFleet } from './fleet.ts';

export const criticalAlertOff: Rule = {
  name: 'critical-alert-off',
  severity: 'warning',
  find({ alerts: { critical } }) {
    return (['databaseFailover', 'allApiServersDown'] as const)
      .filter((alert) => !critical[alert])
      .map((alert) => ({
        path: `alerts.critical.${alert}`,
        message: 'nobody is told',
        reason:
          alert === 'databaseFailover'
            ? 'after a failover the platform runs without a spare until somebody looks'
            : 'the customers find out first',
        fix: set({ [`alerts.critical.${alert}`]: true }),
      }));
  },
};

/** The guide's. Percent. */
const USUAL_ERROR_RATE = 5;

export const errorAlertTooHigh: Rule = {
  name: 'error-alert-too-high',
  severity: 'warning',
  find(spec) {
    const { errorRate } = spec.alerts.critical;
    const { total, left } = startingFleet(spec);
    // What the smaller zone serves; all, if there is only one.
    const share = (100 * (left || total)) / total;
    if (errorRate < share) return [];
    return [
      {
        path: 'alerts.critical.errorRate',
        message: `${formatPercent(errorRate)} is not less than what one zone serves (${formatPercent(share)} of all requests)`,
        reason: 'every server of that zone may answer with nothing but errors, and nobody is told',
        fix: set({ 'alerts.critical.errorRate': formatPercent(Math.min(USUAL_ERROR_RATE, share / 2)) }),
      },
    ];
  },
};

export const cpuAlertTooLow: Rule = {
  name: 'cpu-alert-too-low',
  severity: 'warning',
  find({ alerts: { warning }, application: { autoScaling } }) {
    const { above } = autoScaling.scaleUp;
    if (warning.cpu >= above) return [];
    return [
      {
        path: 'alerts.warning.cpu',
        message: `${formatPercent(warning.cpu)} is less than scaleUp.above (${formatPercent(above)})`,
        reason: 'between the two the alert stands for hours while all is as it should be, until nobody looks any more',
        fix: set({ 'alerts.warning.cpu': formatPercent(above) }),
      },
    ];
  },
};

/** The guide's. Milliseconds. */
const USUAL_P95 = 1000;

export const latencyAlertTooHigh: Rule = {
  name: 'latency-alert-too-high',
  severity: 'warning',
  find({ alerts: { warning }, loadBalancer: { healthCheck }, application: { hold } }) {
    const limit = Math.min(healthCheck.timeout, hold.deadline);
    if (warning.p95 < limit) return [];
    const isSilent = warning.p95 >= hold.deadline;
    const [key, value] = isSilent
      ? (['application.hold.deadline', hold.deadline] as const)
      : (['loadBalancer.healthCheck.timeout', healthCheck.timeout] as const);
    return [
      {
        path: 'alerts.warning.p95',
        message: `${formatDuration(warning.p95)} is not less than ${key} (${formatDuration(value)})`,
        reason: isSilent
          ? 'by then a request is answered or given up: the alert never fires'
          : 'servers as slow as that miss their health check and are taken out before anybody is told',
        fix: set({ 'alerts.warning.p95': formatDuration(Math.min(USUAL_P95, Math.floor(limit / 2))) }),
      },
    ];
  },
};
