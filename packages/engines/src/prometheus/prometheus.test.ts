import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { context, secrets } from '../fixture.ts';
import { renderHost } from '../host.ts';
import { alertsOf } from './alerts/index.ts';
import { parseAlerts, together } from './firing.ts';
import { grafanaDashboard } from './grafana.ts';
import { METRICS } from './metrics.ts';
import { QueryError, query } from './query.ts';
import { runbookOf } from './rules.ts';

const YAML = 'monitoring: { enabled: true }\n';
const filesOf = (host: string, service: string) =>
  renderHost({ ...context(host, YAML), watchToken: 'TOKEN' }).find(({ name }) => name === service)?.files ?? [];

interface Job {
  job_name: string;
  scrape_interval?: string;
  metrics_path: string;
  params?: Record<string, string[]>;
  relabel_configs?: { source_labels?: string[]; target_label?: string; regex?: string; replacement?: string }[];
}
const jobs = (yaml = YAML): Map<string, Job> => {
  const files = renderHost(context('monitor-a', yaml)).find(({ name }) => name === 'prometheus')?.files;
  const { scrape_configs } = parse(files?.[0]?.content ?? '') as { scrape_configs: Job[] };
  return new Map(scrape_configs.map((job) => [job.job_name, job]));
};

describe('Prometheus', () => {
  it('looks at every engine that tells something, and at hosts', () => {
    expect([...jobs().keys()].sort()).toEqual([
      ...['alertmanager', 'api', 'etcd', 'haproxy', 'hosts-state', 'hosts-usage', 'lag-watch', 'patroni'],
      ...['postgres-exporter', 'prometheus', 'redis-exporter'],
    ]);
  });

  it('asks hosts that run a service on the management network', () => {
    expect(jobs().get('haproxy')?.relabel_configs).toEqual([
      { source_labels: ['__meta_services'], regex: '.*,haproxy,.*', action: 'keep' },
      { source_labels: ['__meta_host'], target_label: 'host' },
      { source_labels: ['__meta_zone'], target_label: 'zone' },
      { source_labels: ['__meta_host'], target_label: 'instance' },
      { source_labels: ['__meta_management'], target_label: '__address__', replacement: '$1:8405' },
    ]);
  });

  it('asks a server by the exporter beside it', () => {
    const { metrics_path, params, relabel_configs } = jobs().get('postgres-exporter') as Job;
    expect({ metrics_path, params }).toEqual({ metrics_path: '/probe', params: { auth_module: ['monitor'] } });
    expect(relabel_configs?.slice(-2)).toEqual([
      {
        source_labels: ['__address__'],
        target_label: '__param_target',
        replacement: '$1:5432/postgres?sslmode=disable&connect_timeout=3',
      },
      { target_label: '__address__', replacement: '127.0.0.1:9187' },
    ]);
  });

  it('looks more often at what a failover shows in, unless all is looked at as often', () => {
    expect(jobs().get('patroni')?.scrape_interval).toBe('2000ms');
    expect(jobs().get('etcd')?.scrape_interval).toBe('5000ms');
    expect(jobs('monitoring: { enabled: true, interval: 1s }\n').get('patroni')?.scrape_interval).toBe('1000ms');
  });

  it('keeps what it knows others by to itself', () => {
    const all = ['prometheus', 'postgres-exporter', 'redis-exporter'].flatMap((name) => filesOf('monitor-b', name));
    const secret = all.filter(({ content }) =>
      ['TOKEN', secrets.redis, secrets.postgresMonitor ?? ''].some((each) => content.includes(each)),
    );
    expect(secret.map(({ path, owner, mode }) => ({ path, owner, mode }))).toEqual([
      { path: 'prometheus/token', owner: 'prometheus', mode: 0o600 },
      { path: 'postgres-exporter/config.yml', owner: 'prometheus', mode: 0o600 },
      { path: 'redis-exporter/passwords.json', owner: 'prometheus', mode: 0o600 },
    ]);
  });

  it('is let in by the others where the spec wants it, and nowhere else', () => {
    const told = (yaml: string) => {
      const text = (host: string, service: string) =>
        renderHost(context(host, yaml)).find(({ name }) => name === service)?.files[0]?.content ?? '';
      return {
        entry: text('lb-a', 'haproxy').includes('prometheus-exporter'),
        database: text('postgres-a', 'patroni').includes('host postgres monitor 10.77.1.170/32 scram-sha-256'),
        etcd: text('quorum-a', 'etcd').includes('http://10.77.129.160:2381'),
      };
    };
    expect(told(YAML)).toEqual({ entry: true, database: true, etcd: true });
    expect(told('monitoring: { enabled: false }\n')).toEqual({ entry: false, database: false, etcd: false });
  });
});

describe('alerts', () => {
  const alerts = (yaml: string) => {
    const { spec, topology } = context('monitor-a', `${YAML}${yaml}`);
    return new Map(alertsOf({ spec, topology, certificatesEndMs: 1 }).map((alert) => [alert.name, alert]));
  };

  it('have the thresholds of the spec', () => {
    const { critical, warning } = {
      critical: 'critical: { errorRate: 3%, replicationLag: 1m }',
      warning: 'warning: { cpu: 60%, memory: 61%, disk: 62%, p95: 500ms }',
    };
    const found = alerts(`alerts: { ${critical}, ${warning} }\n`);
    const ends = ['HighErrorRate', 'ReplicationLag', 'HighCpu', 'HighMemory', 'DiskFilling', 'SlowResponses'];
    expect(ends.map((name) => found.get(name)?.when.split(' > ').at(-1))).toEqual([
      ...['3', '60', '60', '61', '62', '0.5'],
    ]);
  });

  it('are left out where the spec does not want them, or they make no sense', () => {
    const off = alerts('alerts: { critical: { databaseFailover: false, allApiServersDown: false } }\n');
    expect(['DatabaseFailover', 'AllApiServersDown', 'DatabaseUnprotected'].filter((name) => off.has(name))).toEqual(
      [],
    );
    expect(alerts('database: { replicationMode: sync }\n').has('DatabaseUnprotected')).toBe(true);
  });

  it('each have a page of what to do', () => {
    const pages = readFileSync(join(import.meta.dirname, '../../../../docs/runbooks/alerts.md'), 'utf8');
    const headings = [...pages.matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual([...alerts('database: { replicationMode: sync }\n').keys()]);
    expect(runbookOf('HighCpu')).toBe('docs/runbooks/alerts.md#highcpu');
  });

  it('that hold are told once, those that wake somebody up first', () => {
    const told = (name: string, severity: string, activeAt: string, more: object = {}) => ({
      ...{ state: 'firing', activeAt, annotations: { text: `${name}!` } },
      ...{ labels: { alertname: name, severity, ...more } },
    });
    const one = parseAlerts([
      told('HighCpu', 'warning', '2026-01-01T00:00:00Z', { host: 'x' }),
      told('AllApiServersDown', 'critical', '2026-01-01T00:00:09Z'),
      { ...told('HighMemory', 'warning', '2026-01-01T00:00:00Z'), state: 'pending' },
      told('Other', 'info', '2026-01-01T00:00:00Z'),
    ]);
    const two = parseAlerts([
      told('AllApiServersDown', 'critical', '2026-01-01T00:00:07Z'),
      told('TargetMissing', 'warning', '2026-01-01T00:00:08Z', { host: 'x', job: 'api' }),
      told('TargetMissing', 'warning', '2026-01-01T00:00:08Z', { host: 'x', job: 'etcd' }),
    ]);
    expect(together([one, two]).map(({ name, host, job, since }) => [name, host, job, since.slice(-3)])).toEqual([
      ['AllApiServersDown', undefined, undefined, '07Z'],
      ['HighCpu', 'x', undefined, '00Z'],
      ['TargetMissing', 'x', 'api', '08Z'],
      ['TargetMissing', 'x', 'etcd', '08Z'],
    ]);
    expect(together([one])[0]).toEqual({
      ...{ name: 'AllApiServersDown', severity: 'critical', text: 'AllApiServersDown!' },
      since: '2026-01-01T00:00:09Z',
      labels: {},
    });
  });

  it('that do not hold any more are told as such, and two of a name by what tells them apart', () => {
    const failover = (timeline: string, more: object) => ({
      ...{ state: 'firing', activeAt: '2026-01-01T00:00:00Z' },
      ...{ labels: { alertname: 'DatabaseFailover', severity: 'critical', timeline }, ...more },
    });
    const alerts = parseAlerts([failover('2', { keepFiringSince: '2026-01-01T00:01:00Z' }), failover('3', {})]);
    expect(together([alerts, alerts]).map(({ labels, kept }) => [labels.timeline, kept])).toEqual([
      ['2', true],
      ['3', undefined],
    ]);
  });
});

it('draws each metric in Grafana, once', () => {
  const { panels } = grafanaDashboard() as { panels: { type: string; targets?: { expr: string }[] }[] };
  expect(panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))).toEqual(
    METRICS.map(({ query }) => query),
  );
  expect(panels.filter(({ type }) => type === 'row')).toHaveLength(4);
});

it('knows each metric by a name of its own', () => {
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
});

describe('a query', () => {
  let server: Server;
  let base = '';
  let asked = '';
  let answer: object = {};
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked = request.url ?? '';
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it('has values as they are now', async () => {
    answer = {
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: { host: 'x' }, value: [12.5, '+Inf'] }] },
    };
    expect(await query(base, 'up{job="x"}')).toEqual([
      { labels: { host: 'x' }, points: [[12.5, Number.POSITIVE_INFINITY]] },
    ]);
    expect(asked).toBe('/api/v1/query?query=up%7Bjob%3D%22x%22%7D&timeout=10s');
  });

  it('has them over time', async () => {
    answer = {
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: {},
            values: [
              [1, '2'],
              [3, 'NaN'],
            ],
          },
        ],
      },
    };
    expect(await query(base, 'x', { from: 1, to: 3, step: 2 })).toEqual([
      {
        labels: {},
        points: [
          [1, 2],
          [3, Number.NaN],
        ],
      },
    ]);
    expect(asked).toContain('/api/v1/query_range?');
    expect(asked).toContain('start=1&end=3&step=2');
  });

  it('has one number where it is one', async () => {
    answer = { status: 'success', data: { resultType: 'scalar', result: [1, '42'] } };
    expect(await query(base, '42')).toEqual([{ labels: {}, points: [[1, 42]] }]);
  });

  it('that makes no sense says why', async () => {
    answer = { status: 'error', errorType: 'bad_data', error: 'parse error' };
    await expect(query(base, '(')).rejects.toEqual(new QueryError('parse error'));
  });
});
