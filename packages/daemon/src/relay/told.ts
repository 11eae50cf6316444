import { z } from 'zod';

const text = z.string().max(2000);

/** What Alertmanager posts, as far as it is read here. @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const postedSchema = z.object({
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: z.object({
          alertname: text,
          severity: z.enum(['critical', 'warning']).optional(),
          host: text.optional(),
          zone: text.optional(),
          job: text.optional(),
        }),
        annotations: z.object({ text: text.optional(), runbook: text.optional() }).default({}),
        startsAt: text,
        endsAt: text.optional(),
        fingerprint: text,
      }),
    )
    .max(1000),
});

/** An alert that began or ended, as a hook is given it. */
export interface ToldAlert {
  event: 'alert';
  name: string;
  state: 'firing' | 'resolved';
  severity?: 'critical' | 'warning';
  host?: string;
  zone?: string;
  text: string;
  /** ISO 8601. */
  since: string;
  /** When it ended. */
  until?: string;
  /** Below the project's folder. */
  runbook?: string;
  /** The same of one alert, whenever it holds. */
  id: string;
  /** The same whenever the same is told again. */
  key: string;
}

/** The alerts of a message. @throws ZodError */
export function toldAlerts(body: unknown): ToldAlert[] {
  return postedSchema.parse(body).alerts.map((alert) => {
    const { alertname: name, severity, host, zone } = alert.labels;
    const { text: told, runbook } = alert.annotations;
    return {
      event: 'alert',
      ...{ name, state: alert.status, text: told ?? name, since: alert.startsAt },
      ...(severity ? { severity } : {}),
      ...(host ? { host } : {}),
      ...(zone ? { zone } : {}),
      ...(alert.status === 'resolved' && alert.endsAt ? { until: alert.endsAt } : {}),
      ...(runbook ? { runbook } : {}),
      id: alert.fingerprint,
      key: `${alert.fingerprint} ${alert.startsAt} ${alert.status}`,
    };
  });
}
