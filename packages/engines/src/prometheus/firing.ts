import { probeHttp } from '@sbmcrm/http';
import type { Severity } from './alerts/index.ts';

/** An alert that holds now. */
export interface FiringAlert {
  name: string;
  severity: Severity;
  /** The host that it is about, where it is about one, and the job that looks at it. */
  host?: string;
  job?: string;
  text: string;
  /** As ISO 8601. */
  since: string;
  /** It does not hold any more, and is told for a while longer. */
  kept?: true;
  /** Another one that holds says it, too: nobody is told of this one besides. */
  follows?: true;
  /** What tells it from others of its name. */
  labels: Readonly<Record<string, string>>;
}

interface Told {
  state?: string;
  activeAt?: string;
  keepFiringSince?: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: { text?: string };
}

/** Alerts that hold, those that wake somebody up first, as a Prometheus has them; undefined: it does not answer. Takes seconds at most. */
export async function firingAlerts(base: string): Promise<FiringAlert[] | undefined> {
  const answer = await probeHttp(`${base}/api/v1/alerts`);
  if (answer?.status !== 200) return undefined;
  const { alerts = [] } = (answer.json as { data?: { alerts?: Told[] } } | undefined)?.data ?? {};
  return parseAlerts(alerts);
}

/** Of all that Prometheus tells those that hold. What makes no sense is left out. Pure. */
export function parseAlerts(told: readonly Told[]): FiringAlert[] {
  const firing = told.flatMap(
    ({ state, activeAt, keepFiringSince, labels: all = {}, annotations = {} }): FiringAlert[] => {
      const { alertname: name, severity, ...labels } = all;
      const { host, job } = labels;
      if (state !== 'firing' || name === undefined || activeAt === undefined) return [];
      if (severity !== 'critical' && severity !== 'warning') return [];
      return [
        {
          ...{ name, severity, text: annotations.text ?? name, since: activeAt },
          ...(host === undefined ? {} : { host }),
          ...(job === undefined ? {} : { job }),
          ...(keepFiringSince === undefined ? {} : { kept: true as const }),
          labels,
        },
      ];
    },
  );
  return sorted(firing);
}

/** The same for the same alert, whoever tells it. Pure. */
export function alertKey({ name, labels }: Pick<FiringAlert, 'name' | 'labels'>): string {
  return JSON.stringify([name, ...Object.entries(labels).sort(([x], [y]) => (x < y ? -1 : 1))]);
}

const order = (alert: FiringAlert) => `${alert.severity} ${alert.since} ${alert.name} ${alert.host ?? ''}`;
const sorted = (alerts: readonly FiringAlert[]) => [...alerts].sort((x, y) => (order(x) < order(y) ? -1 : 1));

/** What several tell who look at the same: each alert once, since the first of them saw it. Pure. */
export function together(told: readonly (readonly FiringAlert[])[]): FiringAlert[] {
  const first = new Map<string, FiringAlert>();
  for (const alert of sorted(told.flat())) {
    const key = alertKey(alert);
    if (!first.has(key)) first.set(key, alert);
  }
  return [...first.values()];
}
