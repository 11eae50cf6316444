import type { Spec } from '@sbmcrm/spec';
import type { Topology } from '@sbmcrm/topology';
import { toYaml } from '../common/yaml.ts';
import { alertsOf } from './alerts.ts';

const duration = (milliseconds: number) => `${milliseconds}ms`;

/** Where an alert's page is, below the project's folder. */
export const runbookOf = (alert: string) => `docs/runbooks/alerts.md#${alert.toLowerCase()}`;

/** The alerts as Prometheus’ rules. Pure. @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export function alertRules(spec: Spec, topology: Topology): string {
  const rules = alertsOf(spec, topology).map(({ name, severity, when, forMs, keepMs, text }) => ({
    alert: name,
    expr: when,
    ...(forMs > 0 ? { for: duration(forMs) } : {}),
    ...(keepMs === undefined ? {} : { keep_firing_for: duration(keepMs) }),
    labels: { severity },
    annotations: { text, runbook: runbookOf(name) },
  }));
  return toYaml({ groups: [{ name: 'platform', rules }] });
}
