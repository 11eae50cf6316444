import { toYaml } from '../common/yaml.ts';
import { type Alert, type Alerted, alertsOf, WATCHDOG } from './alerts/index.ts';

const duration = (milliseconds: number) => `${milliseconds}ms`;

/** What looks back over days is judged as often as this. */
const SLOW = '30s';

/** Where an alert's page is, below the project's folder. */
export const runbookOf = (alert: string) => `docs/runbooks/alerts.md#${alert.toLowerCase()}`;

/** The alerts as Prometheus’ rules. Pure. @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export function alertRules(of: Alerted): string {
  const alerts = alertsOf(of);
  const watchdog = { alert: WATCHDOG, expr: 'vector(1)', annotations: { text: 'alerts work' } };
  return toYaml({
    groups: [
      { name: 'platform', rules: [...alerts.filter(({ isSlow }) => !isSlow).map(ruleOf), watchdog] },
      { name: 'seldom', interval: SLOW, rules: alerts.filter(({ isSlow }) => isSlow).map(ruleOf) },
    ],
  });
}

const ruleOf = ({ name, severity, when, forMs, keepMs, text, labels = {} }: Alert) => ({
  alert: name,
  expr: when,
  ...(forMs > 0 ? { for: duration(forMs) } : {}),
  ...(keepMs === undefined ? {} : { keep_firing_for: duration(keepMs) }),
  labels: { ...labels, severity },
  annotations: { text, runbook: runbookOf(name) },
});
