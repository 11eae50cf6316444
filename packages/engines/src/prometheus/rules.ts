import type { Spec } from '@sbmcrm/spec';
import type { Topology } from '@sbmcrm/topology';
import { toYaml } from '../common/yaml.ts';
import { alertsOf, WATCHDOG } from './alerts.ts';

const duration = (milliseconds: number) => `${milliseconds}ms`;

/** Where an alert's page is, below the project's folder. */
export const runbookOf = (alert: string) => `docs/runbooks/alerts.md#${alert.toLowerCase()}`;

/** The alerts as Prometheus’ rules. Pure. @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export function alertRules(spec: Spec, topology: Topology): string {
  const rules = alertsOf(spec, topology).map(({ name, severity, when, forMs, keepMs, text, labels = {} }) => ({
    alert: name,
    expr: when,
    ...(forMs > 0 ? { for: duration(forMs) } : {}),
    ...(keepMs === undefined ? {} : { keep_firing_for: duration(keepMs) }),
    labels: { ...labels, severity },
    annotations: { text, runbook: runbookOf(name) },
  }));
  const watchdog = { alert: WATCHDOG, expr: 'vector(1)', annotations: { text: 'alerts work' } };
  return toYaml({ groups: [{ name: 'platform', rules: [...rules, watchdog] }] });
}
