import { type Rule, set } from './finding.ts';

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
