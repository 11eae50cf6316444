import { budgetOf, failuresOver, query, requestsOver } from '@sbmcrm/engines/prometheus';
import type { Spec } from '@sbmcrm/spec';

/** How a platform did against its objective. */
export interface SloReport {
  /** As the spec has it, in percent. */
  objective: number;
  /** What it is counted over, in milliseconds; figures may be younger. */
  windowMs: number;
  /** Since when there are figures, in milliseconds; at most the window. */
  knownMs: number;
  requests: number;
  failed: number;
  /** Percent of the requests that did not fail; null: there were none. */
  availability: number | null;
  budget: {
    /** So many of these requests may fail. */
    allowed: number;
    /** Percent of that which is left; negative: it is used up. Null: there were no requests. */
    left: number | null;
  };
  /** How fast the budget goes: 1 lasts just for the window. */
  burn: { over: string; rate: number | null }[];
}

const BURNS = ['5m', '1h', '6h', '1d'] as const;
const SECOND = 1000;

/** Since the first figure of the entry, in seconds, at most so long ago. */
const knownFor = (windowS: number) =>
  `time() - min(min_over_time(timestamp(haproxy_frontend_http_requests_total{proxy="http"})[${windowS}s:${Math.max(1, Math.floor(windowS / 1000))}s]))`;

/** Asks a Prometheus. @param windowMs default: the spec's. @throws Error where it does not answer */
export async function askSlo(
  base: string,
  spec: Spec,
  windowMs = Math.min(spec.monitoring.slo.window, spec.monitoring.retention),
): Promise<SloReport> {
  const windowS = Math.round(windowMs / SECOND);
  const number = async (text: string) => (await query(base, text))[0]?.points[0]?.[1];
  const over = async (window: string) => {
    const [requests, failed] = await Promise.all([number(requestsOver(window)), number(failuresOver(window))]);
    return { requests: requests ?? 0, failed: failed ?? 0 };
  };
  const [whole, known, ...burns] = await Promise.all([
    over(`${windowS}s`),
    number(knownFor(windowS)),
    ...BURNS.map((window) => over(window)),
  ]);
  return sloReport(
    spec,
    windowMs,
    { ...whole, knownMs: (known ?? 0) * SECOND },
    burns.map((each, index) => ({ over: BURNS[index] ?? '', ...each })),
  );
}

interface Counted {
  requests: number;
  failed: number;
}

/** Figures of Prometheus as a report. Pure. */
export function sloReport(
  spec: Pick<Spec, 'monitoring'>,
  windowMs: number,
  { requests, failed, knownMs }: Counted & { knownMs: number },
  burns: readonly (Counted & { over: string })[],
): SloReport {
  const { percent } = budgetOf(spec);
  const share = (each: Counted) => (each.requests > 0 ? (100 * each.failed) / each.requests : null);
  const failedShare = share({ requests, failed });
  const rate = (each: Counted) => {
    const value = share(each);
    return value === null ? null : value / percent;
  };
  return {
    objective: spec.monitoring.slo.availability,
    windowMs,
    knownMs: Math.min(windowMs, knownMs),
    requests: Math.round(requests),
    failed: Math.round(failed),
    availability: failedShare === null ? null : 100 - failedShare,
    budget: {
      allowed: Math.floor((requests * percent) / 100),
      left: failedShare === null ? null : 100 * (1 - failedShare / percent),
    },
    burn: burns.map((each) => ({ over: each.over, rate: rate(each) })),
  };
}
