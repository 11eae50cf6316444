import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METRICS } from '@sbmcrm/engines/prometheus';
import type { SloReport } from '@sbmcrm/platform/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { RunningDrill } from './drill.ts';
import { psql } from './inside.ts';
import { shared, TestPlatform } from './platform.ts';
import { Receivers } from './receivers.ts';

interface Shown {
  name?: string;
  series: { labels: Record<string, string>; points: [number, number | null][] }[];
}

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-monitoring-'));
const spec = join(folder, 'monitoring.yaml');
const receivers = new Receivers(folder);
/** The default spec, watched, and with everybody told. */
const specText = (told: string) =>
  readFileSync('sbmcrm.yaml', 'utf8')
    .replace(/^ {2}(webhooks|hook): .*\n/gm, '')
    .replace(/^ {2}repeat: /m, `${told.slice(1)}  repeat: `);

/** Alerts of a busy machine, and of requests that find nobody in a test: they come when they come. */
const OWN = /^(High|Slow|ErrorBudget|RequestsRefused)/;

/** As a client may send one, which nobody takes. */
const MADE_UP = '00000000-0000-4000-8000-000000000000';

/** The same platform, as its operator sees it who has this spec. */
const watched = new TestPlatform({ state: shared.state, network: shared.network, spec });

/** Turned on on a platform that runs, and off again. */
describe('monitoring', () => {
  const now = async () =>
    new Map((await watched.json<Shown[]>('metrics')).map((each) => [each.name ?? '', each.series]));

  beforeAll(async () => {
    writeFileSync(spec, specText(await receivers.start()));
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
    receivers.close();
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
      // Whose a session's last statement was is in its comment, where it was not prepared.
      const primary = (await watched.status()).database.primary ?? '';
      const commented = await psql(primary, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%/*request_id=%'");
      expect(Number(commented)).toBeGreaterThan(0);
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

  /** Waits until a message came to a path. */
  const comes = (path: string, name: string, state: 'firing' | 'resolved' = 'firing') =>
    eventually(`${name} ${state} comes to ${path}`, async () => receivers.told(path, name, state)[0]);
  /** Longer than two Alertmanagers need to tell the same twice. */
  const twice = () => new Promise((resolve) => setTimeout(resolve, 12_000));

  it('says each minute that alerts work', async () => {
    expect(await comes('/alive', 'Watchdog')).toBeDefined();
  });

  it('tells of servers that are all away, once, and that they are back', async () => {
    // A busy machine has warnings of its own.
    const before = (await watched.status()).alerts?.map(({ name }) => name) ?? ['nobody tells'];
    expect(before.filter((name) => !OWN.test(name))).toEqual([]);
    const servers = (await watched.status()).hosts.map(({ name }) => name).filter((name) => /-api-\d+$/.test(name));
    for (const server of servers) await watched.json('fault', 'inject', 'stop', server);
    await comes('/all', 'AllApiServersDown');
    expect((await watched.status()).alerts?.map(({ name }) => name)).toContain('AllApiServersDown');
    // Who asks meanwhile has an id, by which the log says what became of the request.
    const asked = await fetch(`${shared.url}/api/v1/auth/me`, { headers: { 'x-request-id': MADE_UP } });
    const id = asked.headers.get('x-request-id') ?? '';
    expect([asked.status, /^[\da-f-]{36}$/.test(id), id === MADE_UP]).toEqual([503, true, false]);
    const logged = await eventually('the load balancer says what became of it', async () => {
      const { stdout } = await watched.run('logs', '--since', '5m', '--grep', id, '--json');
      return stdout === '' ? undefined : (JSON.parse(stdout) as { host: string; text: string });
    });
    expect(logged.host).toMatch(/^lb-[ab]$/);
    expect(JSON.parse(logged.text)).toMatchObject({
      requestId: id,
      method: 'GET',
      path: '/api/v1/auth/me',
      status: 503,
    });
    await twice();
    await watched.heal();
    await comes('/all', 'AllApiServersDown', 'resolved');
    await watched.until('it holds no more', ({ alerts }) => !alerts?.some(({ name }) => name === 'AllApiServersDown'));
    await comes('/pager', 'AllApiServersDown', 'resolved');
    for (const path of ['/all', '/pager']) {
      expect(receivers.told(path, 'AllApiServersDown', 'firing')).toHaveLength(1);
      expect(receivers.told(path, 'AllApiServersDown', 'resolved')).toHaveLength(1);
    }
  });

  it('tells of a failover everybody: by HTTP with a token, by e-mail, by the hook, and in the log of events', async () => {
    await watched.json('failover', 'database');
    const { authorization } = await comes('/all', 'DatabaseFailover');
    expect(authorization).toBe('Bearer CHAT-TOKEN');
    await comes('/pager', 'DatabaseFailover');
    const mail = await eventually('the e-mail comes', async () =>
      receivers.mails.find(({ text }) => text.includes('DatabaseFailover firing')),
    );
    expect(mail.to).toEqual(['night@example.com']);
    expect(mail.text).toContain('what to do: docs/runbooks/alerts.md#databasefailover');
    const given = await eventually('the hook is run', async () =>
      receivers.hooked.find(({ name }) => name === 'DatabaseFailover'),
    );
    expect(given).toMatchObject({ event: 'alert', state: 'firing', severity: 'critical' });
    const [alert] = await eventually('it is kept', async () => {
      const kept = await watched.json<{ kind: string; name?: string; text: string; state: string }[]>('events');
      const found = kept.filter(({ name, state }) => name === 'DatabaseFailover' && state === 'firing');
      return found.length > 0 && kept.some(({ text }) => text === 'failover database') ? found : undefined;
    });
    expect(alert).toMatchObject({ kind: 'alert', state: 'firing', text: expect.stringContaining('is on timeline') });
    await twice();
    expect(receivers.told('/all', 'DatabaseFailover', 'firing')).toHaveLength(1);
    expect(receivers.hooked.filter(({ name }) => name === 'DatabaseFailover')).toHaveLength(1);
    await watched.healthy();
  });

  it('tells of a lost zone in one message, also when it takes an Alertmanager along', async () => {
    const begin = receivers.posts.length;
    const since = () =>
      receivers.posts
        .slice(begin)
        .filter(({ path, name, state }) => path === '/all' && state === 'firing' && !OWN.test(name));
    const { database } = await watched.status();
    const zone = database.members.find(({ role }) => role === 'primary')?.zone ?? '';
    await watched.json('fault', 'inject', 'stop', `zone-${zone}`);
    await comes('/all', 'ZoneDown');
    // The hosts that are missing are told of after a quarter of a minute, if nothing else is.
    await watched.until('all that follows from it holds', ({ alerts = [] }) =>
      ['HostDown', 'EtcdQuorumAtRisk', 'CacheCopyMissing', 'DatabaseFailover'].every((name) =>
        alerts.some((alert) => alert.name === name),
      ),
    );
    await twice();
    expect(since().map(({ name, zone }) => ({ name, zone }))).toEqual([{ name: 'ZoneDown', zone }]);
    await watched.heal();
    await comes('/all', 'ZoneDown', 'resolved');
  });

  it('is told by a drill what it causes: that is silenced while it runs, and judged', async () => {
    await watched.healthy();
    const begin = receivers.posts.length;
    const running = new RunningDrill(watched, 'cache-standby-loss');
    const { target } = await running.fault();
    const silences = await watched.json<{ comment: string }[]>('silence', 'list');
    expect(new Set(silences.map(({ comment }) => comment))).toEqual(new Set(['drill cache-standby-loss']));
    const { notices } = await watched.status();
    expect(notices.map(({ code }) => code)).toContain('ALERTS_SILENCED');
    const report = await running.report();
    expect([report.verdict, report.reason]).toEqual(['pass', undefined]);
    expect(report.alerts?.filter(({ name }) => !OWN.test(name)).map(({ name, host }) => [name, host])).toEqual(
      expect.arrayContaining([
        ['HostDown', target],
        ['CacheCopyMissing', undefined],
      ]),
    );
    expect(report.alerts?.filter(({ isExpected }) => !isExpected)).toEqual([]);
    expect(await watched.json('silence', 'list')).toEqual([]);
    await twice();
    const told = receivers.posts.slice(begin).filter(({ name }) => name === 'HostDown' || name === 'CacheCopyMissing');
    expect(told).toEqual([]);
  });

  it('fails a drill beside which something else goes wrong, of which somebody is told', async () => {
    await watched.healthy();
    const running = new RunningDrill(watched, 'cache-standby-loss', '--dwell', '30s');
    await running.fault();
    const sentinel = (verb: string) => watched.run('exec', 'quorum-c', '--', 'sv', verb, '/run/service/sentinel');
    expect((await sentinel('down')).code).toBe(0);
    await comes('/all', 'SentinelQuorumAtRisk');
    expect((await sentinel('up')).code).toBe(0);
    const report = await running.report();
    expect(report.verdict).toBe('fail');
    expect(report.reason).toContain('alerts that this drill is not to cause: SentinelQuorumAtRisk');
    await watched.healthy();
  });

  it('has nobody told of what is silenced, until that ends', async () => {
    const refused = await watched.run('silence', 'add', 'NoSuchAlert');
    expect([refused.code, refused.stderr.trim().split('\n').length]).toEqual([2, 1]);
    const made = await watched.json<{ id: string }>('silence', 'add', 'HostDown', '--host', 'replica-a', '--for', '5m');
    await watched.json('fault', 'inject', 'stop', 'replica-a');
    await watched.until('it holds', ({ alerts }) =>
      alerts?.some(({ name, host }) => name === 'HostDown' && host === 'replica-a'),
    );
    await twice();
    const told = () => receivers.told('/all', 'HostDown', 'firing').length;
    const before = told();
    expect(await watched.json('silence', 'end', made.id.slice(0, 8))).toEqual({ ended: [made.id] });
    await eventually('somebody is told', async () => (told() > before ? true : undefined));
    await watched.heal();
  });

  it('is on one page, for this machine alone', async () => {
    const page = join(folder, 'page.html');
    await watched.json('dashboard', '--for', '5m', '--out', page);
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(readFileSync(page, 'utf8'))?.[1];
    const { groups } = JSON.parse(data ?? '') as { groups: { charts: { name: string; series: object[] }[] }[] };
    const charts = groups.flatMap((group) => group.charts);
    expect(charts.map(({ name }) => name)).toEqual(METRICS.map(({ name }) => name));
    expect(charts.filter(({ series }) => series.length === 0)).toEqual([]);
    const served = watched.start('dashboard', '--serve');
    try {
      const url = await eventually('it is served', async () => /http:\S+/.exec(served.stdout)?.[0]);
      expect(await (await fetch(new URL('data.json', url))).json()).toMatchObject({ platform: 'sbmcrm' });
    } finally {
      served.kill('SIGINT');
    }
    expect(await served.ended).toBe(0);
  });

  it('goes on with one zone’s Prometheus while the other one’s host is lost', async () => {
    const { prometheus = '', alertmanager = '' } = (await watched.status()).endpoints;
    await watched.json('fault', 'inject', 'stop', 'monitor-a');
    const status = await watched.until('one monitoring host is lost', ({ problems, endpoints }) =>
      problems.some(({ host }) => host === 'monitor-a') ? endpoints : undefined,
    );
    // On this machine, and the same as before: whoever looks at it goes on looking.
    expect(status).toMatchObject({ prometheus, alertmanager });
    expect(prometheus).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${prometheus}/api/v1/query?query=up`)).status).toBe(200);
    expect((await fetch(`${alertmanager}/api/v2/alerts`)).status).toBe(401);
    expect((await now()).get('primary')?.filter(({ points }) => points[0]?.[1] === 1)).toHaveLength(1);
    await watched.heal();
  });

  it('says how much of the objective is left', async () => {
    const { objective, requests, availability, burn } = await watched.json<SloReport>('slo', '--for', '1h');
    expect(objective).toBe(99.9);
    expect(requests).toBeGreaterThan(0);
    expect(availability).toBeGreaterThan(0);
    expect(availability).toBeLessThanOrEqual(100);
    expect(burn.map(({ over }) => over)).toEqual(['5m', '1h', '6h', '1d']);
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
