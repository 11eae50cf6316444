import type { Alert } from './alerts/alert.ts';
import type { FiringAlert } from './firing.ts';

/**
 * Alerts that only follow from another one that holds: nobody is told of them besides, as the Alertmanagers' rules have it. Pure.
 *
 * @param rules of the platform, see `alertsOf`
 */
export function following(
  firing: readonly FiringAlert[],
  rules: readonly Pick<Alert, 'name' | 'follows'>[],
): FiringAlert[] {
  const causes = new Map(rules.map(({ name, follows = [] }) => [name, follows]));
  return firing.filter((alert) =>
    (causes.get(alert.name) ?? []).some(({ alert: cause, same, zones }) =>
      firing.some(
        ({ name, labels }) =>
          name === cause &&
          (same === undefined || labels[same] === alert.labels[same]) &&
          (zones === undefined || zones.includes(labels.zone ?? '')),
      ),
    ),
  );
}
