import { BY_CLIENTS } from '../metrics.ts';
import { budgetOf, burn } from '../slo.ts';
import { type Alert, type Alerted, HOST, LASTING_MS, value } from './alert.ts';

/** Time enough to rotate them. */
const CERTIFICATE_DAYS = 30;
/** What was not tried for so long may not work any more. */
const DRILL_DAYS = 30;
const DAY_S = 86_400;
/** Refusals a second that are no accident. */
const REFUSED = 0.2;

/**
 * What the service's objective, and monitoring itself, are about. Pure.
 *
 * @see https://sre.google/workbook/alerting-on-slos/ (multiwindow, multi-burn-rate alerts: shares of the budget within a time)
 */
export function watchAlerts({ spec, certificatesEndMs }: Pick<Alerted, 'spec' | 'certificatesEndMs'>): Alert[] {
  const { availability } = spec.monitoring.slo;
  const budget = budgetOf(spec);
  return [
    {
      name: 'RequestsRefused',
      severity: 'warning',
      when: `sum(rate(http_request_duration_seconds_count{status="5xx",${BY_CLIENTS}}[30s])) > ${REFUSED}`,
      forMs: 0,
      keepMs: LASTING_MS,
      text: `the API servers refuse or fail ${value('')} requests a second: more load than they carry, or the database is away`,
    },
    {
      name: 'ErrorBudgetBurnsFast',
      severity: 'critical',
      when: [
        burn(budget, { share: 2, within: '1h', also: '5m' }),
        burn(budget, { share: 5, within: '6h', also: '30m' }),
      ].join(' or '),
      forMs: 0,
      isSlow: true,
      text: `${value(' %')} of the requests failed lately: the objective (${availability} %) does not last so`,
    },
    {
      name: 'ErrorBudgetBurns',
      severity: 'warning',
      when: [
        burn(budget, { share: 10, within: '1d', also: '2h' }),
        burn(budget, { share: 20, within: '3d', also: '6h' }),
      ].join(' or '),
      forMs: 0,
      isSlow: true,
      text: `${value(' %')} of the requests failed in the last days: the objective (${availability} %) does not last so`,
      follows: [{ alert: 'ErrorBudgetBurnsFast' }],
    },
    ...(certificatesEndMs === undefined
      ? []
      : [
          {
            name: 'CertificatesEnd',
            severity: 'warning' as const,
            when: `vector(${Math.floor(certificatesEndMs / 1000)}) - time() < ${CERTIFICATE_DAYS * DAY_S}`,
            forMs: 0,
            isSlow: true as const,
            text: 'certificates of the platform end in {{ $value | humanizeDuration }}',
          },
        ]),
    {
      name: 'DrillsStale',
      severity: 'warning',
      when: `time() - sbmcrm_database_drilled_timestamp_seconds > ${DRILL_DAYS * DAY_S}`,
      forMs: 0,
      isSlow: true,
      text: 'no drill has shown for {{ $value | humanizeDuration }} that the database fails over',
    },
    {
      name: 'TaskFailed',
      severity: 'warning',
      when: 'max by (task) (sbmcrm_task_failed) == 1',
      forMs: 0,
      text: 'the last run of {{ $labels.task }}, which the schedule has, did not pass',
    },
    {
      name: 'TargetMissing',
      severity: 'warning',
      when: 'up == 0',
      forMs: LASTING_MS,
      text: '{{ $labels.job }} on {{ $labels.host }} tells nothing: what happens there is not seen',
      follows: HOST,
    },
  ];
}
