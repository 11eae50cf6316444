import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadRun } from '@sbmcrm/drills';
import { limitPlatform } from '@sbmcrm/local';
import type { PlatformStatus } from '@sbmcrm/platform';
import type { RunReport } from '@sbmcrm/report';
import { planNetwork } from '@sbmcrm/topology';
import { sbmcrm } from '../e2e/cli.ts';
import { UNWATCHED } from '../e2e/platform.ts';

/**
 * What happens when more is asked than can be done: three times the capacity for a while, then calm again; and the loss of the
 * primary's host at 60 % and at 150 % of the capacity. All hosts share a quota of processor time, and the load is outside it.
 *
 *   npm run bench:overload -- [--cores 1] [--for 60] [--no-failover] [--json]
 */
const { values } = parseArgs({
  options: {
    cores: { type: 'string', default: String(availableParallelism() / 2) },
    for: { type: 'string', default: '60' },
    failover: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
});

function numberOf(name: 'cores' | 'for', from: number, to: number): number {
  const value = Number(values[name]);
  if (value >= from && value <= to) return value;
  console.error(`--${name} "${values[name]}": give a number from ${from} to ${to}`);
  process.exit(2);
}
const cores = numberOf('cores', 0.5, availableParallelism());
const seconds = numberOf('for', 5, 3600);

const NETWORK = '10.76.0.0/16';
const CALM_SHARE = 0.6;
const FLOOD = 3;
const TOO_MUCH = 1.5;
const CALM_SECONDS = 30;
const AFTER_SECONDS = 10;
const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-overload-'));
const state = join(scratch, 'state');
const runs: Record<string, unknown> = {};

let isStopped = false;
// The command that runs gets Ctrl-C as well and ends in good order; then the platform is taken down.
process.on('SIGINT', () => {
  isStopped = true;
});

/** Runs the CLI and returns what it printed; its exit code may tell of a load that was refused. */
async function run(...args: string[]): Promise<string> {
  console.error(`sbmcrm ${args.join(' ')}`);
  const { code, stdout, stderr } = await sbmcrm([...args, '--state', state, '--spec', UNWATCHED]);
  if (isStopped) throw new Error('stopped');
  if (stdout === '' && code !== 0) throw new Error(`sbmcrm ${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

async function load(name: string, rate: number, forSeconds: number): Promise<LoadRun> {
  const figures = JSON.parse(await run('load', '--rate', `${rate}`, '--for', `${forSeconds}s`, '--json')) as LoadRun;
  runs[name] = figures;
  return figures;
}

async function drill(name: string, rate: number): Promise<RunReport> {
  const args = ['--rate', `${rate}`, '--json', '--report', join(scratch, name)];
  const report = JSON.parse(
    (await run('drill', 'run', 'database-host-loss', ...args)).split('\n')[0] ?? '',
  ) as RunReport;
  runs[name] = report;
  return report;
}

/** Who does what: it must not change for want of time. */
async function roles(): Promise<string> {
  const { database, cache, loadBalancer, state: health } = JSON.parse(await run('status', '--json')) as PlatformStatus;
  const members = [...database.members, ...cache.members].map(({ name, role }) => `${name} ${role}`);
  return [...members.sort(), `${loadBalancer.active}`, health].join('\n');
}

const ms = (value: number | null | undefined) =>
  value === null || value === undefined ? '–' : `${Math.round(value)} ms`;
/** How those that failed ended: a refusal that took more than a second is one. */
const failures = (ends: Record<string, number> = {}) => {
  const failed = Object.entries(ends).filter(([how]) => how.startsWith('failed '));
  return failed.length > 0 ? ` (${failed.map(([how, count]) => `${count} ${how.slice(7)}`).join(', ')})` : '';
};
const percent = (share: number) => `${Math.round(100 * share)} %`;
const rows: [what: string, measured: string, goal: string][] = [];

try {
  await run('up', '--network', NETWORK, '--port', '18076');
  limitPlatform(planNetwork(NETWORK), cores);
  const capacity = JSON.parse(await run('load', '--find-max', '--json')) as { rate: number; spread: [number, number] };
  runs.capacity = capacity;
  rows.push(['capacity', `${capacity.rate}/s (${capacity.spread.join(' to ')})`, '']);

  const calm = await load('calm', Math.max(1, Math.round(CALM_SHARE * capacity.rate)), CALM_SECONDS);
  rows.push([`calm at ${calm.rate}/s: p50, p99`, `${ms(calm.latencyMs.p50)}, ${ms(calm.latencyMs.p99)}`, '']);

  const before = await roles();
  const flood = await load('flood', FLOOD * capacity.rate, seconds);
  const after = await load('after', calm.rate, AFTER_SECONDS);
  rows.push(
    [
      `${FLOOD} × capacity: goodput`,
      `${flood.goodput}/s, ${percent(flood.goodput / capacity.rate)} of the capacity`,
      '≥ 80 %',
    ],
    ['… p99 of what was let in', ms(flood.admittedMs.p99), '≤ 2 s'],
    ['… refused, told within (median)', `${flood.refused}, ${ms(flood.refusedMs.p50)}`, '≤ 100 ms'],
    ['… failed', `${flood.failed} of ${flood.sent}${failures(flood.ends)}`, '0'],
    ['… roles and addresses', (await roles()) === before ? 'none moved' : 'moved', 'none moved'],
    ['p99 after it', ms(after.latencyMs.p99), `as before it (${ms(calm.latencyMs.p99)})`],
  );

  for (const share of values.failover ? [CALM_SHARE, TOO_MUCH] : []) {
    await run('up', '--network', NETWORK);
    limitPlatform(planNetwork(NETWORK), cores);
    const { workload, consistency, recovery } = await drill(`failover-${share}`, Math.round(share * capacity.rate));
    const refused = share > 1 ? `, ${workload.refused} refused` : '';
    rows.push(
      [
        `primary’s host lost at ${percent(share)}: failed, refused, lost`,
        `${workload.failed}${failures(workload.ends)}, ${workload.refused}, ${consistency.lost}`,
        share > 1 ? '0 failed' : '0, 0',
      ],
      ['… no write for', ms(recovery.writeGapMs), ''],
      ['… calm after', `${ms(recovery.calmMs)}${refused}`, ms(recovery.calmGoalMs)],
    );
  }
} catch (error) {
  console.error(`bench:overload: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await sbmcrm(['down', '--purge', '--state', state]);
  rmSync(scratch, { recursive: true, force: true });
}

if (process.exitCode === 1) console.error('no figures: it did not come to its end');
else if (values.json) console.log(JSON.stringify({ cores, runs }));
else {
  console.log('| | measured | goal |\n|---|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`;
  console.log(`\nAll hosts together on ${cores} of them: ${machine}`);
}
