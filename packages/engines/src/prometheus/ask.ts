// An entry of its own: the schema of answers takes long to load, and only who asks needs it.
export { alertsOf, isOfHost } from './alerts/index.ts';
export { following } from './follows.ts';
export { grafanaDashboard } from './grafana.ts';
export { METRICS, type Metric } from './metrics.ts';
export { QueryError, query, type Range, type Series } from './query.ts';
export { alertRules, runbookOf } from './rules.ts';
export { budgetOf, failuresOver, requestsOver } from './slo.ts';
