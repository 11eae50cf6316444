import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SBMCRM } from '../e2e/cli.ts';
import { UNWATCHED } from '../e2e/platform.ts';
import { cpuSeconds, memoryMb, processesOf, type Spread, spread } from './measure.ts';

/**
 * What it costs to bring the platform up, to leave it alone and to take it down.
 *
 *   npm run bench:boot -- [--repeat 3] [--no-fresh] [--json]
 */
const { values } = parseArgs({
  options: {
    repeat: { type: 'string', default: '3' },
    fresh: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const repeat = Number(values.repeat);
if (!Number.isInteger(repeat) || repeat < 1 || repeat > 50) {
  console.error(`--repeat "${values.repeat}": give a whole number from 1 to 50`);
  process.exit(2);
}

const NETWORK = '10.76.0.0/16';
/** After the start: caches fill, statistics settle. */
const SETTLE_MS = 10_000;
const IDLE_MS = 30_000;
const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-bench-'));
const state = join(scratch, 'state');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs the CLI and returns the seconds that it took, its own start included. */
function timed(args: string[], env: NodeJS.ProcessEnv = process.env): number {
  const start = performance.now();
  execFileSync(process.execPath, [SBMCRM, ...args, '--state', state, '--spec', UNWATCHED], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
  return (performance.now() - start) / 1000;
}

const platformProcesses = () => processesOf(NETWORK);

const results: Record<string, { goal: string; unit: string; runs: number[] }> = {
  up: { goal: '≤ 25', unit: 's, image cached', runs: [] },
  noop: { goal: '≤ 3', unit: 's, `up` again with nothing to change', runs: [] },
  down: { goal: '≤ 5', unit: 's', runs: [] },
  memory: { goal: '≤ 1200', unit: 'MB idle, all hosts and the daemon (PSS)', runs: [] },
  cpu: { goal: '≤ 25', unit: '% of one core idle', runs: [] },
  fresh: { goal: '≤ 120', unit: 's, `up` with the image built first', runs: [] },
};
const note = (name: string, value: number) => {
  results[name]?.runs.push(value);
  console.error(`${name} ${value.toFixed(1)} ${results[name]?.unit}`);
};

try {
  timed(['up', '--network', NETWORK]); // the image, if it is not there yet
  timed(['down', '--purge']);
  for (let i = 0; i < repeat; i++) {
    note('up', timed(['up', '--network', NETWORK]));
    note('noop', timed(['up', '--network', NETWORK]));
    await pause(SETTLE_MS);
    const pids = platformProcesses();
    const before = cpuSeconds(pids);
    await pause(IDLE_MS);
    note('cpu', ((cpuSeconds(pids) - before) / (IDLE_MS / 1000)) * 100);
    note('memory', memoryMb(platformProcesses()));
    note('down', timed(['down']));
    timed(['down', '--purge']);
    if (!values.fresh) continue;
    const cache = join(scratch, 'cache');
    note('fresh', timed(['up', '--network', NETWORK], { ...process.env, SBMCRM_CACHE: cache }));
    timed(['down', '--purge'], { ...process.env, SBMCRM_CACHE: cache });
    rmSync(cache, { recursive: true, force: true });
  }
} finally {
  timed(['down', '--purge']);
  rmSync(scratch, { recursive: true, force: true });
}

const rows = Object.entries(results).filter(([, { runs }]) => runs.length > 0);
const machine = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`;
if (values.json) {
  const figures: Record<string, Spread> = Object.fromEntries(rows.map(([name, { runs }]) => [name, spread(runs)]));
  console.log(JSON.stringify({ machine, repeat, figures }));
} else {
  console.log(`| figure | median | worst | goal | |\n|---|---|---|---|---|`);
  for (const [name, { goal, unit, runs }] of rows) {
    const { median, max } = spread(runs);
    console.log(`| ${name} | ${median.toFixed(1)} | ${max.toFixed(1)} | ${goal} | ${unit} |`);
  }
  console.log(`\n${repeat} runs on ${machine}`);
}
