import type { Spec } from '@sbmcrm/spec';
import { type HostRole, hostsInRole, type Topology } from '@sbmcrm/topology';
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
  follows?: readonly Cause[];
  /** It looks back over days: it is not judged every few seconds. */
  isSlow?: true;
}

/** A loss that says more than what follows from it. */
export interface Cause {
  alert: string;
  /** Only of the same one. */
  same?: 'host' | 'zone';
  /** Only of one of these zones: the loss of a zone without a part says nothing of it. */
  zones?: readonly string[];
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

/** Of what is on one host. */
export const HOST = [
  { alert: 'ZoneDown', same: 'zone' },
  { alert: 'HostDown', same: 'host' },
] as const satisfies Cause[];

/** Of what is on hosts of these roles. */
export function zonesOf({ topology }: Pick<Alerted, 'topology'>, ...roles: HostRole[]): Cause[] {
  return [{ alert: 'ZoneDown', zones: [...new Set(hostsInRole(topology, ...roles).map(({ zone }) => zone))] }];
}

export const queryOf = (name: string) => METRICS.find((each) => each.name === name)?.query ?? '';
export const value = (unit: string) => `{{ $value | printf "%.1f" }}${unit}`;
export const seconds = (milliseconds: number) => milliseconds / 1000;
