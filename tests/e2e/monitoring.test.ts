import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS } from '@sbmcrm/engines/prometheus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { shared, TestPlatform } from './platform.ts';

interface Shown {
  name?: string;
  series: { labels: Record<string, string>; points: [number, number | null][] }[];
}

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-monitoring-'));
const spec = join(folder, 'monitoring.yaml');
writeFileSync(
  spec,
  `${readFileSync('sbmcrm.yaml', 'utf8').replace('  enabled: false\n  interval', '  enabled: true\n  interval')}`,
);

/** The same platform, as its operator sees it who has this spec. */
const watched = new TestPlatform({ state: shared.state, network: shared.network, spec });

/** Turned on on a platform that runs, and off again. */
describe('monitoring', () => {
  const now = async () =>
    new Map((await watched.json<Shown[]>('metrics')).map((each) => [each.name ?? '', each.series]));

  beforeAll(async () => {
    const { code, stderr } = await watched.up();
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    const { code, stderr } = await shared.up();
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
    const { hosts, endpoints } = await shared.status();
    expect(hosts.filter(({ name }) => name.startsWith('monitor'))).toEqual([]);
    expect(endpoints).toEqual({ api: shared.url });
  });

  it('has a number for every metric of the guide', async () => {
    const load = watched.start('load', '--rate', '10', '--for', '2m', '--json');
    try {
      const missing = await eventually('every metric has a number', async () => {
        const metrics = await now();
        const without = METRICS.filter(({ name }) => {
          const values = (metrics.get(name) ?? []).flatMap(({ points }) => points.map(([, value]) => value));
          return values.length === 0 || values.some((value) => value === null);
        });
        const rate = metrics.get('request-rate')?.[0]?.points[0]?.[1] ?? 0;
        return without.length === 0 && rate > 5 ? [] : undefined;
      });
      expect(missing).toEqual([]);
      const hosts = (await now()).get('cpu')?.map(({ labels }) => labels.host);
      expect(hosts?.sort()).toEqual((await watched.status()).hosts.map(({ name }) => name).sort());
    } finally {
      load.kill('SIGINT');
      await load.ended;
    }
  });

  it('shows what one host does in that host’s figures alone', async () => {
    const hog = watched.run('exec', 'redis-b', '--', 'timeout', '25', 'sh', '-c', 'while :; do :; done');
    const share = (await eventually('the host that works shows it', async () => {
      const cpu = (await now()).get('cpu') ?? [];
      const of = (host: string) => cpu.find(({ labels }) => labels.host === host)?.points[0]?.[1] ?? 0;
      return of('redis-b') > 10 ? of('redis-b') / Math.max(1, of('redis-a')) : undefined;
    })) as number;
    await hog;
    expect(share).toBeGreaterThan(5);
  });

  it('tells of an API that is away, as long as it is, and of a failover for a while', async () => {
    const holds = (name: string) =>
      watched.until(`${name} holds`, ({ alerts }) => alerts?.some((each) => each.name === name));
    // A busy machine has warnings of its own.
    const before = (await watched.status()).alerts?.map(({ name }) => name) ?? ['nobody tells'];
    expect(before.filter((name) => !/^(High|Slow)/.test(name))).toEqual([]);
    const servers = (await watched.status()).hosts.map(({ name }) => name).filter((name) => /-api-\d+$/.test(name));
    for (const server of servers) await watched.json('fault', 'inject', 'stop', server);
    await holds('AllApiServersDown');
    await watched.heal();
    await watched.until('it holds no more', ({ alerts }) => !alerts?.some(({ name }) => name === 'AllApiServersDown'));
    await watched.json('failover', 'database');
    await holds('DatabaseFailover');
    const alerts = (await watched.status()).alerts ?? [];
    expect(alerts.find(({ name }) => name === 'DatabaseFailover')).toMatchObject({
      severity: 'critical',
      text: expect.stringContaining('is on timeline'),
    });
    await watched.healthy();
  });

  it('goes on with one zone’s Prometheus while the other one’s host is lost', async () => {
    const before = (await watched.status()).endpoints.prometheus;
    await watched.json('fault', 'inject', 'stop', 'monitor-a');
    const status = await watched.until('one monitoring host is lost', ({ problems, endpoints }) =>
      problems.some(({ host }) => host === 'monitor-a') ? endpoints : undefined,
    );
    expect(before).toMatch(/\.129\.170:9090$/);
    expect(status.prometheus).toMatch(/\.130\.170:9090$/);
    expect((await now()).get('primary')?.filter(({ points }) => points[0]?.[1] === 1)).toHaveLength(1);
    await watched.heal();
  });

  it('is not reached through the public entry, and is refused in one line where it makes no sense', async () => {
    expect((await fetch(`${shared.url}/metrics`)).status).toBe(404);
    const { code, stderr } = await watched.run('metrics', 'sum(');
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 });
    const off = await shared.run('metrics');
    expect(off.stderr).toContain('set monitoring.enabled: true');
    expect(off.code).not.toBe(0);
  });
});
