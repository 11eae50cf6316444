import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadRun, RunReport } from '@sbmcrm/drills';
import { limitPlatform } from '@sbmcrm/local';
import type { PlatformStatus } from '@sbmcrm/platform';
import { planNetwork } from '@sbmcrm/topology';
import { SBMCRM } from '../e2e/cli.ts';

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

/** Runs the CLI; its exit code may tell of a load that was refused. */
function sbmcrm(...args: string[]): string {
  const done = spawnSync(process.execPath, [SBMCRM, ...args, '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (done.stdout === '' && done.status !== 0) throw new Error(`sbmcrm ${args.join(' ')}: exit code ${done.status}`);
  return done.stdout;
}

function load(name: string, rate: number, forSeconds: number): LoadRun {
  const text = sbmcrm('load', '--rate', `${rate}`, '--for', `${forSeconds}s`, '--json');
  const run = JSON.parse(text) as LoadRun;
  runs[name] = run;
  return run;
}

function drill(name: string, rate: number): RunReport {
  const args = ['--rate', `${rate}`, '--json', '--report', join(scratch, name)];
  const run = JSON.parse(sbmcrm('drill', 'run', 'database-host-loss', ...args).split('\n')[0] ?? '') as RunReport;
  runs[name] = run;
  return run;
}

/** Who does what: it must not change for want of time. */
function roles(): string {
  const { database, cache, loadBalancer, state: health } = JSON.parse(sbmcrm('status', '--json')) as PlatformStatus;
  const members = [...database.members, ...cache.members].map(({ name, role }) => `${name} ${role}`);
  return [...members.sort(), `${loadBalancer.active}`, health].join('\n');
}

const ms = (value: number | null | undefined) =>
  value === null || value === undefined ? '–' : `${Math.round(value)} ms`;
const percent = (share: number) => `${Math.round(100 * share)} %`;
const rows: [what: string, measured: string, goal: string][] = [];

try {
  sbmcrm('up', '--network', NETWORK, '--port', '18076');
  limitPlatform(planNetwork(NETWORK), cores);
  const capacity = JSON.parse(sbmcrm('load', '--find-max', '--json')) as { rate: number; spread: [number, number] };
  runs.capacity = capacity;
  rows.push(['capacity', `${capacity.rate}/s (${capacity.spread.join(' to ')})`, '']);

  const calm = load('calm', Math.max(1, Math.round(CALM_SHARE * capacity.rate)), CALM_SECONDS);
  rows.push([`calm at ${calm.rate}/s: p50, p99`, `${ms(calm.latencyMs.p50)}, ${ms(calm.latencyMs.p99)}`, '']);

  const before = roles();
  const flood = load('flood', FLOOD * capacity.rate, seconds);
  const after = load('after', calm.rate, AFTER_SECONDS);
  rows.push(
    [
      `${FLOOD} × capacity: goodput`,
      `${flood.goodput}/s, ${percent(flood.goodput / capacity.rate)} of the capacity`,
      '≥ 80 %',
    ],
    ['… p99 of what was let in', ms(flood.admittedMs.p99), '≤ 2 s'],
    ['… refused, told within (median)', `${flood.refused}, ${ms(flood.refusedMs.p50)}`, '≤ 100 ms'],
    ['… failed', `${flood.failed} of ${flood.sent}`, '0'],
    ['… roles and addresses', roles() === before ? 'none moved' : 'moved', 'none moved'],
    ['p99 after it', ms(after.latencyMs.p99), `as before it (${ms(calm.latencyMs.p99)})`],
  );

  for (const share of values.failover ? [CALM_SHARE, TOO_MUCH] : []) {
    sbmcrm('up', '--network', NETWORK);
    limitPlatform(planNetwork(NETWORK), cores);
    const { workload, consistency, recovery } = drill(`failover-${share}`, Math.round(share * capacity.rate));
    const refused = share > 1 ? `, ${workload.refused} refused` : '';
    rows.push(
      [
        `primary’s host lost at ${percent(share)}: failed, refused, lost`,
        `${workload.failed}, ${workload.refused}, ${consistency.lost}`,
        share > 1 ? '0 failed' : '0, 0',
      ],
      ['… no write for', ms(recovery.writeGapMs), ''],
      ['… calm after', `${ms(recovery.calmMs)}${refused}`, ms(recovery.calmGoalMs)],
    );
  }
} finally {
  sbmcrm('down', '--purge');
  rmSync(scratch, { recursive: true, force: true });
}

if (values.json) console.log(JSON.stringify({ cores, runs }));
else {
  console.log('| | measured | goal |\n|---|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`;
  console.log(`\nAll hosts together on ${cores} of them: ${machine}`);
}
