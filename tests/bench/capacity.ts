import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { HttpClient, type HttpRequest, logIn } from '@sbmcrm/load';
import { limitPlatform } from '@sbmcrm/local';
import { planNetwork } from '@sbmcrm/topology';
import { PROJECT, SBMCRM, sbmcrm } from '../e2e/cli.ts';
import { UNWATCHED } from '../e2e/platform.ts';
import { asFastAsAnswered, makeCustomers, median } from './measure.ts';

/**
 * What the whole platform does in a second, half of it bookings and half profiles, beside what it did at an earlier commit: one
 * platform after the other, in turns, each held to the same processor time, asked by the same program, outside of that, as fast as it
 * answers.
 *
 *   npm run bench:capacity -- --beside COMMIT [--for 20] [--rounds 3] [--connections 32] [--cores 1]
 */
const { values } = parseArgs({
  options: {
    beside: { type: 'string' },
    for: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    cores: { type: 'string', default: String(availableParallelism() / 2) },
  },
});

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function numberOf(name: 'for' | 'rounds' | 'connections', to: number): number {
  const value = Number(values[name]);
  return Number.isInteger(value) && value >= 1 && value <= to
    ? value
    : fail(`--${name} "${values[name]}": give a whole number from 1 to ${to}`);
}
const seconds = numberOf('for', 600);
const rounds = numberOf('rounds', 20);
const connections = numberOf('connections', 200);
const cores = Number(values.cores);
if (!(cores >= 0.1 && cores <= cpus().length))
  fail(`--cores "${values.cores}": give a number from 0.1 to ${cpus().length}`);
const beside = values.beside ?? fail('--beside COMMIT: say which commit to compare with');

const NETWORK = '10.75.0.0/16';
const ENTRY_PORT = 18075;
const CUSTOMERS = 200;
/** New connections and cold plans are nobody's usual. */
const WARM_MS = 5000;

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-bench-capacity-'));
let isStopped = false;
// The command that runs gets Ctrl-C as well and ends in good order; then the platform is taken down.
process.on('SIGINT', () => {
  isStopped = true;
});

/** The project at a commit, installed. */
async function checkOut(commit: string): Promise<string> {
  const folder = join(scratch, 'beside');
  console.error(`${commit}: git clone, npm ci`);
  await run('git', ['clone', '--quiet', '--no-checkout', PROJECT, folder]);
  await run('git', ['-C', folder, 'checkout', '--quiet', '--detach', commit]);
  await run('npm', ['ci'], { cwd: folder });
  return folder;
}

interface Figures {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Brings a platform up, asks it for a while and takes it down. */
async function measure(name: string, cwd: string): Promise<Figures> {
  const state = join(scratch, 'state');
  const cli = join(cwd, SBMCRM.slice(PROJECT.length));
  // An earlier version knows no monitoring, and has none.
  const spec = cwd === PROJECT ? ['--spec', UNWATCHED] : [];
  const command = async (...args: string[]) => {
    console.error(`${name}: sbmcrm ${args.join(' ')}`);
    const { code, stdout, stderr } = await sbmcrm([...args, '--state', state, ...spec], { cwd, cli });
    if (isStopped) throw new Error('stopped');
    if (code !== 0) throw new Error(`${name}: sbmcrm ${args[0]}: ${stderr.trim().split('\n').at(-1)}`);
    return stdout;
  };
  try {
    await command('up', '--network', NETWORK, '--port', String(ENTRY_PORT));
    limitPlatform(planNetwork(NETWORK), cores);
    const http = new HttpClient(`http://127.0.0.1:${ENTRY_PORT}`);
    const cookie = await logIn(http, JSON.parse(await command('credentials', '--json')));
    const customers = await makeCustomers(http, cookie, CUSTOMERS);
    let turn = 0;
    const profile = () => `/api/v1/customers/${customers[Math.floor(turn / 2) % CUSTOMERS]}`;
    const earn = (): HttpRequest => {
      const body = { type: 'earn', points: 10, reason: 'bench' };
      return { method: 'POST', path: `${profile()}/points`, body, cookie, key: randomUUID() };
    };
    // As a browser tells it that wrote before; without it reads go to the primary.
    const { headers } = await http.send(earn());
    const reader = `${cookie}; sbmcrm_read_after=${encodeURIComponent(String(headers['x-read-after'] ?? ''))}`;
    const next = (): HttpRequest => {
      turn += 1;
      return turn % 2 === 0 ? { method: 'GET', path: profile(), cookie: reader } : earn();
    };
    await asFastAsAnswered(http, next, { connections, forMs: WARM_MS, isStopped: () => isStopped });
    const start = performance.now();
    const tookMs = await asFastAsAnswered(http, next, {
      connections,
      forMs: seconds * 1000,
      isStopped: () => isStopped,
    });
    const perSecond = (tookMs.length * 1000) / (performance.now() - start);
    const at = (share: number) => tookMs[Math.floor(share * tookMs.length)] ?? Number.NaN;
    console.error(`${name}: ${Math.round(perSecond)}/s, p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`);
    return { perSecond, p50Ms: at(0.5), p99Ms: at(0.99) };
  } finally {
    await sbmcrm(['down', '--purge', '--state', state], { cwd, cli });
  }
}

const figures: Record<string, Figures[]> = { [beside]: [], 'this one': [] };
try {
  const folders = { [beside]: await checkOut(beside), 'this one': PROJECT };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, folder] of Object.entries(folders)) figures[name]?.push(await measure(name, folder));
  }
  const of = (name: string, key: keyof Figures) => median((figures[name] ?? []).map((each) => each[key]));
  console.log('| | half bookings, half profiles | p50 | p99 |\n|---|---|---|---|');
  for (const name of Object.keys(figures)) {
    const all = (figures[name] ?? []).map(({ perSecond }) => Math.round(perSecond)).join(', ');
    console.log(`| ${name} | ${all}/s | ${of(name, 'p50Ms').toFixed(1)} ms | ${of(name, 'p99Ms').toFixed(1)} ms |`);
  }
  const ratio = of('this one', 'perSecond') / of(beside, 'perSecond');
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`;
  console.log(
    `\n${ratio.toFixed(1)} times as much; each held to ${cores} core${cores === 1 ? '' : 's'}, the load beside it over ${connections} connections: ${machine}`,
  );
} catch (error) {
  console.error(`bench:capacity: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
