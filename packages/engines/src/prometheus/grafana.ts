import { METRICS, type Metric } from './metrics.ts';

/** @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/ */
const SCHEMA = 39;
const UNITS: Record<Metric['unit'], string> = {
  'requests/s': 'reqps',
  'statements/s': 'ops',
  '%': 'percent',
  seconds: 's',
  bytes: 'bytes',
  'bytes/s': 'binBps',
  connections: 'none',
  'yes/no': 'bool',
  copies: 'none',
};
/** Grafana's page is so many columns wide. */
const COLUMNS = 24;
const PANEL = { w: 8, h: 8 };

const SOURCE = { type: 'prometheus', uid: '$source' };

/** The guide's four groups as a dashboard for Grafana, whose Prometheus is chosen there. Pure. */
export function grafanaDashboard(): Record<string, unknown> {
  const groups = [...new Set(METRICS.map(({ group }) => group))];
  const panels: Record<string, unknown>[] = [];
  let y = 0;
  for (const group of groups) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: group,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    const metrics = METRICS.filter((metric) => metric.group === group);
    const perRow = COLUMNS / PANEL.w;
    metrics.forEach((metric, index) => {
      const gridPos = { ...PANEL, x: (index % perRow) * PANEL.w, y: y + Math.floor(index / perRow) * PANEL.h };
      panels.push(panelOf(metric, panels.length + 1, gridPos));
    });
    y += Math.ceil(metrics.length / perRow) * PANEL.h;
  }
  return {
    uid: 'sbmcrm-ha',
    title: 'SBM CRM HA',
    tags: ['sbmcrm'],
    schemaVersion: SCHEMA,
    editable: true,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [{ name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' }] },
    panels,
  };
}

function panelOf({ name, about, unit, by, query }: Metric, id: number, gridPos: Record<string, number>) {
  return {
    id,
    type: 'timeseries',
    title: name.replaceAll('-', ' '),
    description: about,
    gridPos,
    datasource: SOURCE,
    fieldConfig: { defaults: { unit: UNITS[unit], min: 0 }, overrides: [] },
    options: { tooltip: { mode: 'multi' }, legend: { displayMode: 'list', placement: 'bottom' } },
    targets: [
      {
        refId: 'A',
        datasource: SOURCE,
        expr: query,
        legendFormat: by.length > 0 ? by.map((label) => `{{${label}}}`).join(' ') : name.replaceAll('-', ' '),
      },
    ],
  };
}
