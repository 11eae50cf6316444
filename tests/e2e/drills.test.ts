import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allDrills } from '@sbmcrm/drills';
import { ETCD_METRICS_PORT } from '@sbmcrm/engines';
import type { ReportFile, RunReport } from '@sbmcrm/report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { drill, RATE, RunningDrill } from './drill.ts';
import { shared, TestPlatform, unwatched } from './platform.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-drills-'));
const spec = join(folder, 'sync.yaml');
/** The shared platform, once a changed spec has reached it; its servers are back in rotation sooner. The suite ends with it. */
const sync = new TestPlatform({ ...shared, spec });
/** `demo` runs it, in both modes. */
const IN_DEMO = 'database-host-loss';
/** Parts of a zone's loss, and what outlasts a request on a slow machine: `npm test -- long` has them. */
const LONG = [
  'agent-killed',
  'api-crash',
  'cache-host-loss',
  'database-crash',
  'database-disk-full',
  'database-standby-loss',
  'database-switchover',
  'dependency-outage',
  'external-api-outage',
  'replica-loss',
];
/** Plays somebody else's API. */
const PARTNER = 'quorum-c';
const isLong = process.env.SBMCRM_LONG !== undefined;
/** Long, or part of a zone's loss: they are run by `drill run`, not here. */
const ELSEWHERE = [
  ...(isLong ? [] : LONG),
  'zone-loss-b',
  'zone-loss-c',
  'api-host-loss',
  'correlated-unhealthy',
  'scale-in-drains',
  'scale-out-under-peak',
  'scaling-controller-loss',
  'load-balancer-loss',
  'database-isolated-in',
  'database-isolated-out',
  'database-paused',
  'cache-standby-loss',
  'etcd-leader-loss',
  'etcd-quorum-loss',
  'zone-c-then-primary',
  'zones-cut-a-c',
  'zones-cut-b-c',
  'database-slow-network',
  'zones-cut',
  'soak',
  'disks-full',
];

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  const { hosts } = await shared.healthy();
  // What answers HTTP and gets no request plays somebody else's API.
  const partner = hosts.find(({ name }) => name === PARTNER)?.address;
  const apis = `application: { externalApis: [{ name: partner, url: "http://${partner}:${ETCD_METRICS_PORT}/health", timeout: 300ms }] }`;
  // A server that was gone is back in rotation after two health checks: with the guide's it would be a minute.
  const checks = 'loadBalancer: { healthCheck: { interval: 2s, timeout: 1s } }';
  const mode = 'database: { replicationMode: sync, maxConnections: 440 }';
  writeFileSync(spec, unwatched(['platform: sbmcrm', checks, mode, apis].join('\n')));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Nothing lost, nothing twice, nobody else primary, no request failed. */
function expectWhole(report: RunReport): void {
  expect(report.reason).toBeUndefined();
  expect(report).toMatchObject({
    verdict: 'pass',
    workload: { failed: 0 },
    consistency: {
      duplicated: 0,
      unexpected: 0,
      staleSessionReads: 0,
      negativeBalances: 0,
      balanceMismatches: 0,
      dualPrimaryObservations: 0,
      dualCacheObservations: 0,
    },
  });
  expect(report.consistency.acknowledged).toBeGreaterThan(50);
  expect(report.consistency.sessionReads).toBeGreaterThan(50);
  if (report.spec.replicationMode === 'sync') expect(report.consistency.lost).toBe(0);
}

describe('demo', () => {
  it.runIf(isLong)('loses the primary’s host under load, once async and once sync, and leaves a report', async () => {
    const report = join(folder, 'demo');
    const { code, stdout, stderr } = await shared.run('demo', '--json', ...RATE, '--report', report);
    expect(stderr).not.toContain('sbmcrm:');
    const { runs } = JSON.parse(stdout) as ReportFile;
    expect(runs.map((run) => [run.drill, run.spec.replicationMode])).toEqual([
      [IN_DEMO, 'async'],
      [IN_DEMO, 'sync'],
    ]);
    for (const run of runs) expectWhole(run);
    expect(code).toBe(0);
    expect(readdirSync(report).sort()).toEqual([
      expect.stringMatching(/-1-database-host-loss\.jsonl$/),
      expect.stringMatching(/-2-database-host-loss\.jsonl$/),
      'report.html',
      'report.json',
    ]);
    expect(readFileSync(join(report, 'report.html'), 'utf8')).toContain('<h1');
    // The mode of the spec is back.
    expect((await shared.healthy()).database.replicationMode).toBe('async');
  });
});

describe('in async mode the loss is reported', () => {
  // On a slow machine PostgreSQL's recovery outlasts the ten seconds that it is given, and the standby takes over.
  it.runIf(isLong)('database-crash restarts in place: nothing is lost', async () => {
    const report = await drill(shared, 'database-crash');
    expectWhole(report);
    expect(report.consistency.lost).toBe(0);
  });
});

describe('in sync mode', async () => {
  const names = (await allDrills()).map((each) => each.name);
  it('a changed spec reaches the running platform', async () => {
    const crm = new CrmClient(shared);
    await crm.login();
    const customer = await crm.createCustomer();
    expect((await shared.healthy()).database).toMatchObject({ replicationMode: 'async', protected: false });

    const up = await sync.up();
    expect(up.stderr).not.toContain('sbmcrm:');
    expect(up.code).toBe(0);
    const { database } = await sync.healthy();
    expect(database).toMatchObject({ replicationMode: 'sync', protected: true });

    const standby = database.members.find(({ role }) => role === 'standby')?.name ?? '';
    await sync.json('fault', 'inject', 'stop', standby);
    const { id } = await crm.earn(customer, 1);
    expect((await crm.ledger(customer)).entries.map((entry) => entry.id)).toEqual([id]);
    const alone = await sync.until('it is known', (status) => !status.database.protected && status);
    expect(alone.reasons.join('\n')).toMatch(/no synchronous standby/);

    expect((await sync.up()).code).toBe(0);
    expect((await sync.healthy()).database.protected).toBe(true);
    expect((await sync.json<{ changed: boolean }>('up')).changed).toBe(false);
  });

  it('an API of somebody else that hangs is told, and no server is taken out for it', async () => {
    const fault = await sync.json<{ id: string }>('fault', 'inject', 'pause', PARTNER);
    const known = await sync.until(
      'both servers say so',
      (status) => status.problems.filter(({ code }) => code === 'EXTERNAL_API_AWAY').length === 2 && status,
    );
    expect(await (await fetch(`${sync.url}/health`)).json()).toMatchObject({ status: 'degraded' });
    expect(known.loadBalancer.backends.map(({ state }) => state)).toEqual(['healthy', 'healthy']);
    await sync.json('fault', 'clear', fault.id);
    await sync.healthy();
  });

  it.each(names.filter((name) => name !== IN_DEMO && !ELSEWHERE.includes(name)))(
    'nothing is lost: %s',
    async (name) => {
      const report = await drill(sync, name);
      expectWhole(report);
      expect(report.code).toBe(0);
      expect(report.steps.at(-1)?.name).toBe('Check data consistency');
      expect((await sync.status()).faults).toEqual([]);
    },
  );
});

describe('a drill', () => {
  beforeAll(async () => {
    expect((await sync.up()).code).toBe(0);
    await sync.healthy();
  });

  const commandLines = () =>
    readdirSync('/proc').flatMap((pid) => {
      try {
        return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'latin1')] : [];
      } catch {
        return []; // ended meanwhile
      }
    });

  it('heals on Ctrl-C, is run again where it was cut, and stops and heals when something else breaks', async () => {
    const report = join(folder, 'cut');
    const running = new RunningDrill(sync, 'replica-loss', '--seed', '7', '--report', report);
    const { target } = await running.fault();
    running.command.kill('SIGINT');
    expect(await running.command.ended).toBe(1);
    const { faults, hosts } = await sync.status();
    expect(faults).toEqual([]);
    expect(hosts.find((host) => host.name === target)?.state).toBe('running');
    await sync.healthy();

    // Run again, and stopped where something breaks that is none of its faults.
    const resumed = new RunningDrill(sync, '--resume', '--report', report);
    await resumed.fault();
    const other = await sync.json<{ id: string }>('fault', 'inject', 'stop', 'redis-b');
    await sync.until(
      'the drill heals its own fault',
      ({ faults }) => faults.length === 1 && faults[0]?.id === other.id,
    );
    await sync.json('fault', 'clear', other.id);
    expect(await resumed.report()).toMatchObject({
      drill: 'replica-loss',
      seed: 7,
      verdict: 'fail',
      code: 1,
      reason: expect.stringMatching(/^stopped: .*redis-b/),
    });
    await sync.healthy();
    expect((JSON.parse(readFileSync(join(report, 'report.json'), 'utf8')) as ReportFile).runs).toHaveLength(1);
    expect((await sync.run('drill', 'run', '--resume', '--report', report)).stderr).toMatch(/nothing to resume/);
  });

  it('that is killed leaves no load behind, and a fault that ends by itself; the next refuses to begin', async () => {
    const running = new RunningDrill(sync, 'replica-loss');
    const { target, until } = await running.fault();
    running.command.kill('SIGKILL');
    expect(Date.parse(until ?? '')).toBeGreaterThan(Date.now());
    await eventually(
      'the load has ended',
      async () => !commandLines().some((command) => command.includes('load/src/main.ts')),
    );
    const { code, stderr } = await sync.run('drill', 'run', 'api-crash', ...RATE);
    expect(stderr).toMatch(/drill api-crash: the platform is degraded \(.*sbmcrm up/);
    expect(stderr).toContain(`${target} is stopped`);
    expect(code).toBe(1);
    await sync.heal();
  });

  it('refuses bad usage in one line, and touches nothing', async () => {
    const { code, stderr, stdout } = await sync.run(
      'drill',
      'run',
      'api-crash',
      '--set',
      'database.replicationMode=maybe',
    );
    expect(stderr).toMatch(/database\.replicationMode/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect([code, stdout]).toEqual([2, '']);
    expect((await sync.status()).faults).toEqual([]);
  });
});
