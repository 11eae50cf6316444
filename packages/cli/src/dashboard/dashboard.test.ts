import type { MetricAnswer } from '@sbmcrm/platform/metrics';
import { METRICS } from '@sbmcrm/platform/metrics';
import type { PlatformStatus } from '@sbmcrm/platform/status';
import { renderDashboard } from '@sbmcrm/report';
import { describe, expect, it } from 'vitest';
import { type Collected, dashboardOf } from './collect.ts';
import { serve } from './serve.ts';

const EVIL = `</script><script>alert("1")</script>`;
const metric = (name: string) => METRICS.find((each) => each.name === name);
const answer = (name: string, ...series: MetricAnswer['series']): MetricAnswer => {
  const found = metric(name);
  return { ...(found ? { metric: found } : {}), query: '', series };
};
const collected = (answers: MetricAnswer[]): Collected => ({
  platform: EVIL,
  at: new Date('2026-01-01T00:00:00Z'),
  span: '1h',
  range: { from: 100, to: 130, step: 10 },
  status: { state: 'degraded', reasons: [EVIL], alerts: [] } as unknown as PlatformStatus,
  slo: {
    ...{ objective: 99.9, windowMs: 1, knownMs: 1, requests: 2000, failed: 1, availability: 99.95 },
    ...{
      budget: { allowed: 2, left: 50 },
      burn: [
        { over: '5m', rate: null },
        { over: '1h', rate: 0.5 },
      ],
    },
  },
  answers,
});

describe('a dashboard', () => {
  it('has a value for each of its times, and none where none is known', () => {
    const points: [number, number][] = [
      [100, 1],
      [120, Number.NaN],
      [130, 4],
    ];
    const { times, groups } = dashboardOf(collected([answer('cpu', { labels: { host: 'x', zone: 'a' }, points })]));
    expect(times).toEqual([100, 110, 120, 130]);
    expect(groups).toEqual([
      {
        name: 'infrastructure',
        charts: [expect.objectContaining({ title: 'CPU', series: [{ name: 'x', values: [1, null, null, 4] }] })],
      },
    ]);
  });

  it('shows of many series the highest, and says so', () => {
    const series = Array.from({ length: 14 }, (_, n) => ({
      labels: { host: `h${n}` },
      points: [[100, n] as [number, number]],
    }));
    const [chart] = dashboardOf(collected([answer('cpu', ...series)])).groups[0]?.charts ?? [];
    expect(chart?.more).toBe(4);
    expect(chart?.series.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, (_, n) => `h${n + 4}`));
  });

  it('escapes what comes from data, and needs nothing else', () => {
    const page = renderDashboard(dashboardOf(collected([answer('cpu')])));
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('connect-src');
    expect(page).not.toMatch(/<(script|link|img|iframe)[^>]*(src|href)="(?!data:)/);
    expect(renderDashboard(dashboardOf(collected([])), { everyMs: 5000 })).toContain('connect-src &#39;self&#39;');
  });
});

describe('a dashboard that is served', () => {
  it('is for this machine, under its own name, and asks the platform once for all', async () => {
    let looks = 0;
    const look = async () => {
      looks += 1;
      return { looks };
    };
    const { server, url } = await serve({ look, page: () => '<p>page</p>' }, 0);
    try {
      const ask = (path: string, method = 'GET') => fetch(new URL(path, url), { method });
      expect(await (await ask('/')).text()).toBe('<p>page</p>');
      expect(await (await ask('/data.json')).json()).toEqual({ looks: 1 });
      expect((await ask('/etc/passwd')).status).toBe(404);
      expect((await ask('/', 'POST')).status).toBe(405);
      const { request } = await import('node:http');
      const status = await new Promise((resolve) => {
        request(url, { headers: { host: 'evil.example' } }, (reply) => resolve(reply.resume().statusCode)).end();
      });
      expect(status).toBe(421);
      const { port } = new URL(url);
      await expect(serve({ look, page: () => '' }, Number(port))).rejects.toMatchObject({ code: 'PORT_TAKEN' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('says what went wrong, and tries anew', async () => {
    let fails = true;
    const look = async () => {
      if (fails) throw new Error('no Prometheus answers');
      return 1;
    };
    const { server, url } = await serve({ look, page: () => 'page' }, 0);
    try {
      const first = await fetch(url);
      expect([first.status, await first.text()]).toEqual([503, 'no Prometheus answers\n']);
      fails = false;
      expect((await fetch(url)).status).toBe(200);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
