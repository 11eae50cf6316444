import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALERTMANAGER_USER } from '@sbmcrm/engines/relay';
import { StatePaths } from '@sbmcrm/local';
import { openPlatform, openWorkspace, readSecrets } from '@sbmcrm/platform';
import type { SloReport } from '@sbmcrm/platform/metrics';
import { keepSecrets } from '@sbmcrm/platform/secrets';
import { planNetwork } from '@sbmcrm/topology';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../packages/platform/src/rotate/certificates.ts';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { on, psql, query, secrets } from './inside.ts';
import { shared, TestPlatform } from './platform.ts';
import { Receivers } from './receivers.ts';

const DAY_MS = 86_400_000;
/** It takes a minute. */
const SCHEDULED = 'api-crash';

/**
 * Each alert that `monitoring.test.ts` does not cause, after its real fault or load, with the guide's thresholds: it comes to a webhook,
 * once. `npm test -- long` has it: most warnings have to hold for a minute.
 */
describe.runIf(process.env.SBMCRM_LONG)('a webhook is told, once, of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-alerts-'));
  const spec = join(folder, 'alerts.yaml');
  const receivers = new Receivers(folder);
  const watched = new TestPlatform({ state: shared.state, network: shared.network, spec });

  beforeAll(async () => {
    const told = await receivers.start();
    const text = readFileSync('sbmcrm.yaml', 'utf8')
      .replace('replicationMode: async', 'replicationMode: sync')
      .replace(/^ {2}(webhooks|hook): .*\n/gm, '')
      .replace('  schedule: []', `  schedule: [{ drill: ${SCHEDULED}, at: "0 4 29 2 *" }]`)
      .replace(/^ {2}repeat: /m, `${told.slice(1)}  repeat: `);
    writeFileSync(spec, text);
    const { code, stderr } = await watched.up();
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await shared.run('fault', 'clear', 'all');
    const { code, stderr } = await shared.up();
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
    receivers.close();
  });

  /** What came since so many messages had. */
  const since = (name: string, from: number) =>
    receivers.posts.slice(from).filter((each) => each.path === '/all' && each.name === name && each.state === 'firing');
  /** Waits until each has come, and long enough for a second message: of each host there is one. */
  const comesOnce = async (names: readonly string[], from: number) => {
    const came = () => names.filter((name) => since(name, from).length > 0);
    await eventually(`${names.join(', ')} come`, async () => (came().length === names.length ? true : undefined)).catch(
      (error) => {
        throw new Error(`${error.message}; came: ${came().join(', ')}`);
      },
    );
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    for (const name of names) {
      const hosts = since(name, from).map(({ host }) => host);
      expect([name, hosts]).toEqual([name, [...new Set(hosts)]]);
    }
  };

  /** Does something, waits for what is told of it, and takes it back. */
  async function causes(names: readonly string[], cause: () => Promise<() => Promise<unknown>>): Promise<void> {
    await watched.healthy();
    const from = receivers.posts.length;
    const undo = await cause();
    try {
      await comesOnce(names, from);
    } finally {
      await undo();
    }
    await watched.heal();
  }
  const stop = async (...targets: string[]) => {
    await watched.json('fault', 'inject', 'stop', ...targets);
    return () => watched.json('fault', 'clear', 'all');
  };
  const load = (rate: number) => {
    const running = watched.start('load', '--rate', `${rate}`, '--for', '10m', '--json');
    return async () => {
      running.kill('SIGINT');
      await running.ended;
    };
  };
  const standby = async () =>
    (await watched.status()).database.members.find(({ role }) => role === 'standby')?.name ?? '';
  /** A shell's work on a host, that ends by itself. */
  const keepsDoing = (host: string, script: string) => watched.start('exec', host, '--', 'sh', '-c', script).ended;

  // First: what it is about are all requests of the last day, and those of other tests would count.
  it('a budget that burns slowly', () =>
    causes(['ErrorBudgetBurns'], async () => {
      const end = load(60);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      await end();
      const seen = await eventually('the requests are counted', async () => {
        const { requests } = await watched.json<SloReport>('slo');
        return requests > 2500 ? requests : undefined;
      });
      const crm = new CrmClient(shared);
      await crm.login();
      const customer = await crm.createCustomer();
      const clear = await stop(...(await watched.status()).database.members.map(({ name }) => name));
      // More than what lasts for a day, and less than what wakes somebody up.
      const body = { type: 'earn', points: 1, reason: 'test' };
      const answers = await Promise.all(
        Array.from({ length: Math.ceil(seen * 0.0022) }, () =>
          crm.call('POST', `/api/v1/customers/${customer}/points`, body, randomUUID()),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      return clear;
    }));

  it('drills that nobody ran for a month', () =>
    causes(['DrillsStale'], async () => {
      const { drilled } = new StatePaths(shared.state);
      const before = existsSync(drilled) ? readFileSync(drilled, 'utf8') : undefined;
      writeFileSync(drilled, JSON.stringify({ at: new Date(Date.now() - 31 * DAY_MS) }));
      return async () => (before === undefined ? rmSync(drilled) : writeFileSync(drilled, before));
    }));

  it('a task of the schedule whose process is gone', () =>
    causes(['TaskFailed'], async () => {
      const cut = watched.start('schedule', 'run', SCHEDULED);
      await eventually('it runs', async () => /Warm-up/.test(cut.stderr) || /Warm-up/.test(cut.stdout));
      cut.kill('SIGKILL');
      await cut.ended;
      return async () => {
        const { code, stderr } = await watched.run('schedule', 'run', SCHEDULED);
        expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
      };
    }));

  it('certificates that end within a month', () =>
    causes(['CertificatesEnd'], async () => {
      const { paths, topology } = openPlatform(openWorkspace({ state: shared.state, spec }));
      expect((await watched.run('down')).code).toBe(0);
      keepSecrets(paths, { ...readSecrets(paths), tls: await makeCertificates(topology, 20) });
      const { code, stderr } = await watched.up();
      expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
      return () => watched.json('rotate', 'certificates');
    }));

  it('the loss of a member of each part', async () => {
    const { database, cache, loadBalancer } = await watched.status();
    const one = (members: readonly { name: string; role: string }[]) =>
      members.find(({ role }) => role === 'standby')?.name ?? '';
    const entry = loadBalancer.active === 'lb-a' ? 'lb-b' : 'lb-a';
    const server = loadBalancer.backends.at(-1)?.name ?? '';
    await causes(
      [
        ...['HostDown', 'StandbyMissing', 'DatabaseUnprotected', 'ApiInOneZone', 'LoadBalancerMissing'],
        ...['CacheCopyMissing', 'EtcdQuorumAtRisk', 'SentinelQuorumAtRisk'],
      ],
      () => stop(one(database.members), one(cache.members), entry, server, 'quorum-b'),
    );
  });

  it('an entry that is away', () => causes(['EntryDown', 'AddressUnheld'], () => stop('lb-a', 'lb-b')));

  it('an address that two hold', () =>
    causes(['AddressHeldTwice'], async () => {
      const { active } = (await watched.status()).loadBalancer;
      const other = active === 'lb-a' ? 'lb-b' : 'lb-a';
      const address = planNetwork(shared.network).floating.public;
      const device = await on(active ?? '', `ip -o addr | awk '$4 ~ "^${address}/" { print $2 }'`);
      await on(other, `ip addr add ${address}/32 dev ${device}`);
      return () => on(other, `ip addr del ${address}/32 dev ${device}`);
    }));

  it('a PostgreSQL that does not run, though Patroni does', () =>
    causes(['DatabaseServerDown'], async () => {
      await watched.json('maintenance', 'on', '--for', '5m');
      const host = await standby();
      const folderOf = await psql(host, 'SHOW data_directory');
      await on(host, `chpst -u postgres "$(ls /usr/lib/postgresql/*/bin/pg_ctl)" -D ${folderOf} stop -m fast`);
      return () => watched.json('maintenance', 'off');
    }));

  it('a replica that falls behind', () =>
    causes(['ReplicationLag'], async () => {
      // Patroni would resume what PostgreSQL itself paused.
      const startup = (signal: string) => on('replica-a', `pkill -${signal} -f '[s]tartup recovering'`);
      await startup('STOP');
      const end = load(10);
      return async () => {
        await startup('CONT');
        await end();
      };
    }));

  it('a process that ends again and again', () =>
    causes(['CrashLoop'], async () => {
      for (let time = 0; time < 4; time += 1) {
        await watched.json('fault', 'inject', 'kill', 'replica-b/lag-watch');
        await new Promise((resolve) => setTimeout(resolve, 6000));
      }
      return async () => {};
    }));

  it('a host’s processors, memory and disk that are used up, and a target that says nothing', () =>
    causes(['HighCpu', 'HighMemory', 'DiskFilling', 'TargetMissing'], async () => {
      const [{ series }] = (await watched
        .json<{ series: { points: [number, number][] }[] }[]>(
          'metrics',
          'sbmcrm_host_memory_limit_bytes{host="redis-b"}',
        )
        .then((answer) => [answer].flat())) as [{ series: { points: [number, number][] }[] }];
      const bytes = Math.round((series[0]?.points.at(-1)?.[1] ?? 0) * 0.82);
      const hog = keepsDoing('monitor-a', 'exec timeout 150 sh -c "while :; do :; done"');
      // What has no line break is kept as a whole.
      const eater = keepsDoing('redis-b', `head -c ${bytes} /dev/zero | tail | timeout 150 sleep 150`);
      await on(
        'replica-b',
        `fallocate -l "$(df --output=avail -B1 /data | awk 'END { print int($1 * 0.9) }')" /data/filler`,
      );
      await watched.json('fault', 'inject', 'kill', 'monitor-b/redis-exporter', '--for', '5m');
      return async () => {
        await on('replica-b', 'rm /data/filler');
        await Promise.all([hog, eater]);
        await watched.json('fault', 'clear', 'all');
      };
    }));

  it('responses that are slow', () =>
    causes(['SlowResponses'], async () => {
      const end = load(10);
      const lock = 'BEGIN; LOCK TABLE customers IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4); COMMIT';
      let isOver = false;
      const locking = (async () => {
        while (!isOver) await query('redis-a', 'postgres-primary.internal', lock);
      })();
      return async () => {
        isOver = true;
        await locking;
        await end();
      };
    }));

  it('requests that fail, and the budget that they use up: how it burns slowly is not told beside it', () =>
    causes(['HighErrorRate', 'ErrorBudgetBurnsFast', 'RequestsRefused'], async () => {
      const end = load(20);
      await new Promise((resolve) => setTimeout(resolve, 5000));
      const hosts = (await watched.status()).database.members.map(({ name }) => name);
      const clear = await stop(...hosts);
      await eventually('what follows from the fast one is held back', async () => {
        const { alerts = [] } = await watched.status();
        return (
          alerts.some(({ name }) => name === 'ErrorBudgetBurnsFast') && (await inhibited()).includes('ErrorBudgetBurns')
        );
      });
      return async () => {
        await clear();
        await end();
      };
    }));

  /** Names of alerts that the Alertmanager which answers holds back because of another one. */
  async function inhibited(): Promise<string[]> {
    const { alertmanager = '' } = (await watched.status()).endpoints;
    const login = Buffer.from(`${ALERTMANAGER_USER}:${secrets().alertmanager}`).toString('base64');
    const answer = await fetch(`${alertmanager}/api/v2/alerts`, { headers: { authorization: `Basic ${login}` } });
    const alerts = (await answer.json()) as { labels: { alertname: string }; status: { inhibitedBy: string[] } }[];
    return alerts.filter(({ status }) => status.inhibitedBy.length > 0).map(({ labels }) => labels.alertname);
  }
});
