import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PlatformStatus } from '@sbmcrm/platform';
import { PROJECT } from '../e2e/cli.ts';
import { type Spread, spread } from './measure.ts';

/**
 * What a command costs until it has answered: processor time with all its child processes, and time on the clock. Beside it
 * the same command through npx, and Node.js that does nothing, which is what no command can do without. `status` and `exec` need
 * a platform that is up.
 *
 *   npm run bench:cli -- [--repeat 7] [--state DIR] [--json]
 */
const { values } = parseArgs({
  options: {
    repeat: { type: 'string', default: '7' },
    state: { type: 'string', default: join(PROJECT, '.sbmcrm') },
    json: { type: 'boolean', default: false },
  },
});
const repeat = Number(values.repeat);
if (!Number.isInteger(repeat) || repeat < 1 || repeat > 1000) {
  console.error(`--repeat "${values.repeat}": give a whole number from 1 to 1000`);
  process.exit(2);
}

interface Measured {
  name: string;
  args: string[];
  /** Goal for the processor time, in seconds. */
  goal: number;
  /** Exit codes with which the command has done its work. */
  codes: number[];
}

type Launcher = 'direct' | 'npx';
const LAUNCHERS: Record<Launcher, string[]> = { direct: [join(PROJECT, 'sbmcrm')], npx: ['npx', 'sbmcrm'] };
const BARE = [process.execPath, '-e', '0'];

const commands: Measured[] = [
  { name: '--help', args: ['--help'], goal: 0.25, codes: [0] },
  { name: 'check', args: ['check'], goal: 0.4, codes: [0, 1] },
];
const host = runningHost();
if (host === undefined) {
  console.error(`no platform is up in ${values.state}: status and exec are not measured`);
} else {
  commands.push(
    { name: 'status', args: ['status', '--state', values.state], goal: 0.5, codes: [0, 3] },
    {
      name: `exec ${host} -- true`,
      args: ['exec', '--state', values.state, host, '--', 'true'],
      goal: 0.35,
      codes: [0],
    },
  );
}

const runs = commands.flatMap((command) =>
  (Object.keys(LAUNCHERS) as Launcher[]).map((launcher) => ({
    command,
    launcher,
    cpu: [] as number[],
    wall: [] as number[],
  })),
);
const bare: number[] = [];
for (const { command, launcher } of runs) measure(launcher, command); // compiled code is kept from the first run on
// In turn, so that what else the machine does meets all of them alike.
for (let round = 0; round < repeat; round++) {
  bare.push(timed(BARE).cpu);
  for (const { command, launcher, cpu, wall } of runs) {
    const taken = measure(launcher, command);
    cpu.push(taken.cpu);
    wall.push(taken.wall);
  }
}

/** A host of the platform that runs; undefined when none does. */
function runningHost(): string | undefined {
  const [program = '', ...prefix] = LAUNCHERS.direct;
  const args = [...prefix, 'status', '--json', '--state', values.state];
  const { stdout } = spawnSync(program, args, { cwd: PROJECT, encoding: 'utf8' });
  try {
    return (JSON.parse(stdout) as PlatformStatus).hosts.find((each) => each.state === 'running')?.name;
  } catch {
    return undefined; // it has said why in words
  }
}

function measure(launcher: Launcher, { name, args, codes }: Measured): { cpu: number; wall: number } {
  const taken = timed([...LAUNCHERS[launcher], ...args]);
  if (taken.status === null || !codes.includes(taken.status)) {
    console.error(
      `${LAUNCHERS[launcher].join(' ')} ${args.join(' ')} ended with ${taken.status}: \`${name}\` was not measured`,
    );
    process.exit(1);
  }
  return taken;
}

/** Seconds of one run. A shell counts them: Node.js does not say what a child and its own children took. */
function timed(command: string[]): { cpu: number; wall: number; status: number | null } {
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1';
  const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', ...command], {
    cwd: PROJECT,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  return { cpu: user + system, wall, status };
}

const figures = commands.map(({ name, goal }) => {
  const of = (launcher: Launcher): { cpu: Spread; wall: Spread } => {
    const run = runs.find((each) => each.command.name === name && each.launcher === launcher);
    return { cpu: spread(run?.cpu ?? []), wall: spread(run?.wall ?? []) };
  };
  return { name, goal, direct: of('direct'), npx: of('npx') };
});
const machine = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`;
if (values.json) {
  console.log(JSON.stringify({ machine, repeat, bare: spread(bare), figures }));
} else {
  const seconds = ({ median, max }: Spread) => `${median.toFixed(2)} | ${max.toFixed(2)}`;
  console.log(
    '| `./sbmcrm …` | CPU s, median | max | goal | wall s, median | max | `npx sbmcrm …` CPU s, median | max | wall s, median | max |',
  );
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|');
  for (const { name, goal, direct, npx } of figures) {
    const mark = direct.cpu.median > goal ? ' missed' : '';
    console.log(
      `| \`${name}\` | ${seconds(direct.cpu)} | ≤ ${goal}${mark} | ${seconds(direct.wall)} | ${seconds(npx.cpu)} | ${seconds(npx.wall)} |`,
    );
  }
  console.log(`\nNode.js that does nothing: ${seconds(spread(bare))} CPU s. ${repeat} runs each on ${machine}`);
}
