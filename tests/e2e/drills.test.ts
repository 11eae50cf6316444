import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allDrills, type ReportFile, type RunReport } from '@sbmcrm/drills';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startSbmcrm } from './cli.ts';
import { drill } from './drill.ts';
import { shared, TestPlatform } from './platform.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-drills-'));
const DRILL_TIMEOUT_MS = 240_000;
/** `demo` runs it, in both modes. */
const IN_DEMO = 'database-host-loss';

afterAll(async () => {
  await shared.up();
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
  expect(report.consistency.acknowledged).toBeGreaterThan(100);
  expect(report.consistency.sessionReads).toBeGreaterThan(100);
  if (report.spec.replicationMode === 'sync') expect(report.consistency.lost).toBe(0);
}

describe('demo', () => {
  it('loses the primary’s host under load, once async and once sync, and leaves a report', async () => {
    const report = join(folder, 'demo');
    const { code, stdout, stderr } = await shared.run('demo', '--json', '--rate', '100', '--report', report);
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
  }, 360_000);
});

describe('in sync mode nothing is lost', async () => {
  const spec = join(folder, 'sync.yaml');
  writeFileSync(spec, 'platform: sbmcrm\ndatabase: { replicationMode: sync }\n');
  const sync = new TestPlatform({ ...shared, spec });
  const names = (await allDrills()).map((each) => each.name);

  beforeAll(async () => {
    expect((await sync.up()).code).toBe(0);
    await sync.healthy();
  });
  afterAll(async () => {
    expect((await shared.up()).code).toBe(0);
  });

  it.each(names.filter((name) => name !== IN_DEMO))(
    '%s',
    async (name) => {
      // Half of the usual load: two cores also run the tests.
      const report = await drill(sync, name, '--rate', '100');
      expectWhole(report);
      expect(report.code).toBe(0);
      expect(report.steps.at(-1)?.name).toBe('Check data consistency');
      expect((await sync.status()).faults).toEqual([]);
    },
    DRILL_TIMEOUT_MS,
  );
});

describe('in async mode the loss is reported', () => {
  it('database-crash restarts in place: nothing is lost', async () => {
    const report = await drill(shared, 'database-crash');
    expectWhole(report);
    expect(report.consistency.lost).toBe(0);
  });
});

describe('a drill', () => {
  const injected = () =>
    eventually('the fault is injected', async () => {
      const faults = await shared.json<{ id: string; until?: string }[]>('fault', 'list');
      return faults.length > 0 && faults;
    });

  const start = () =>
    startSbmcrm(['drill', 'run', 'replica-loss', '--state', shared.state, '--report', join(folder, 'report')]);

  it('refuses to begin on a degraded platform', async () => {
    await shared.json('fault', 'inject', 'stop', 'replica-a');
    const { code, stderr } = await shared.run('drill', 'run', 'api-crash');
    expect(code).toBe(1);
    expect(stderr).toMatch(/drill api-crash: the platform is degraded \(.*replica-a is stopped.*sbmcrm up/);
    await shared.json('fault', 'clear', 'all');
    await shared.healthy();
  });

  it('heals on Ctrl-C', async () => {
    const child = start();
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await injected();
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect(await shared.json('fault', 'list')).toEqual([]);
    expect((await shared.status()).state).toBe('healthy');
  });

  it('stops and heals when something else breaks', async () => {
    const running = drill(shared, 'replica-loss');
    await injected();
    const other = await shared.json<{ id: string }>('fault', 'inject', 'stop', 'redis-b');
    await eventually('the drill heals its own fault', async () => {
      const faults = await shared.json<{ id: string }[]>('fault', 'list');
      return faults.length === 1 && faults[0]?.id === other.id;
    });
    await shared.json('fault', 'clear', other.id);
    const report = await running;
    expect(report).toMatchObject({ verdict: 'fail', code: 1, reason: expect.stringMatching(/^stopped: .*redis-b/) });
    await shared.healthy();
  });

  it('that is killed leaves no load behind, and a fault that ends by itself', async () => {
    const child = start();
    const [fault] = await injected();
    child.kill('SIGKILL');
    expect(Date.parse(fault?.until ?? '')).toBeGreaterThan(Date.now());
    await eventually('the load has ended', async () => {
      const commands = readdirSync('/proc').flatMap((pid) => {
        try {
          return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'latin1')] : [];
        } catch {
          return []; // ended meanwhile
        }
      });
      return !commands.some((command) => command.includes('drills/src/workload/main.ts'));
    });
    await shared.json('fault', 'clear', 'all');
    await shared.healthy();
  });

  it.each([
    [['drill', 'run', 'fire'], /no drill is called "fire" \(there are: all, api-crash/],
    [['drill', 'run', 'api-crash', '--set', 'database.replicationMode=maybe'], /database\.replicationMode/],
    [['drill', 'run', 'api-crash', '--set', 'nothing'], /KEY=VALUE/],
    [['drill', 'run', 'api-crash', '--rate', '0'], /whole number from 1/],
    [['drill', 'run'], /missing required argument/],
  ])('refuses bad usage in one line: %j', async (args, message) => {
    const { code, stderr, stdout } = await shared.run(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect((await shared.status()).faults).toEqual([]);
  });
});
