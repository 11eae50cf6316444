import type { Spec } from '@sbmcrm/spec';
import type { Topology } from '@sbmcrm/topology';
import { METRICS } from '../metrics.ts';

export type Severity = 'critical' | 'warning';

/** When somebody is told, and what. */
export interface Alert {
  /** As docs/runbooks/alerts.md has it. */
  name: string;
  severity: Severity;
  /** Holds where it has a value; each series of it is an alert of its own. */
  when: string;
  /** How long it has to hold, in milliseconds. */
  forMs: number;
  /** How long it is told after it held last, in milliseconds: what lasts a moment is to be seen, too. */
  keepMs?: number;
  /** In one line, with what Prometheus fills in. */
  text: string;
  /** What tells one from the next of the same name. */
  labels?: Readonly<Record<string, string>>;
  /** Larger losses that say it, too: while one of them holds nobody is told of this one besides. */
  follows?: readonly { alert: string; same?: 'host' }[];
  /** It looks back over days: it is not judged every few seconds. */
  isSlow?: true;
}

/** What alerts are made of. */
export interface Alerted {
  spec: Spec;
  topology: Topology;
  /** When the first of the platform's certificates ends, in milliseconds since the epoch; missing: nobody knows. */
  certificatesEndMs?: number;
}

/** What is seen once may be a start, or a scrape that came between. */
export const SEEN_TWICE_MS = 2000;
/** Longer than a restart that somebody wanted takes. */
export const SETTLED_MS = 15_000;
/** A peak of some seconds is nobody's business. */
export const LASTING_MS = 60_000;
/** A failover is over within seconds. */
export const TOLD_MS = 300_000;

export const ZONE = [{ alert: 'ZoneDown' }] as const;
export const HOST = [...ZONE, { alert: 'HostDown', same: 'host' }] as const;

export const queryOf = (name: string) => METRICS.find((each) => each.name === name)?.query ?? '';
export const value = (unit: string) => `{{ $value | printf "%.1f" }}${unit}`;
export const seconds = (milliseconds: number) => milliseconds / 1000;
