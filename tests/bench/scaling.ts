import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FleetPlace } from '@sbmcrm/cloud';
import { decide } from '@sbmcrm/controllers/decide';
import { etcdClient, scalingKeys } from '@sbmcrm/engines';
import { HttpClient, type HttpRequest, logIn } from '@sbmcrm/load';
import { openPlatform, openWorkspace, readSecrets } from '@sbmcrm/platform';
import { eventually, SBMCRM, sbmcrm } from '../e2e/cli.ts';
import { unwatched } from '../e2e/platform.ts';
import { asFastAsAnswered, makeCustomers, median } from './measure.ts';

/**
 * How soon an instance that was decided on serves, whether a request fails while instances come and go, what one decision about a large
 * fleet costs, and what two, three and four instances of a tenth of a processor carry, against linear.
 *
 *   npm run bench:scaling -- [--for 10] [--repeat 3] [--json]
 */
const { values } = parseArgs({
  options: {
    for: { type: 'string', default: '10' },
    repeat: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
function numberOf(name: 'for' | 'repeat', from: number, to: number): number {
  const value = Number(values[name]);
  if (value >= from && value <= to) return value;
  console.error(`--${name} "${values[name]}": give a number from ${from} to ${to}`);
  process.exit(2);
}
const forMs = numberOf('for', 1, 600) * 1000;
const repeat = Math.round(numberOf('repeat', 1, 50));

const NETWORK = '10.74.0.0/16';
const PORT = '18074';
const CPUS = 0.1;
/** A start may take more than an instance has for so long, and some. */
const START_MS = 13_000;
/** Code is compiled at first, and with a tenth of a processor that takes long. */
const WARM_MS = 20_000;
const CONNECTIONS = 8;
const CUSTOMERS = 50;
const LARGE = 1000;
const DECISIONS = 200;

const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-bench-'));
const state = join(scratch, 'state');
const spec = join(scratch, 'spec.yaml');
writeFileSync(
  spec,
  unwatched(
    `application: { size: { cpus: ${CPUS} }, autoScaling: { enabled: true, max: 6, scaleDown: { below: 0% }, scaleUp: { above: 100% } } }`,
  ),
);

let isStopped = false;
process.on('SIGINT', () => {
  isStopped = true;
});
const line = ([command = '', ...rest]: string[]) => [command, '--state', state, '--spec', spec, ...rest];
async function run(...args: string[]): Promise<string> {
  console.error(`sbmcrm ${args.join(' ')}`);
  const { code, stdout, stderr } = await sbmcrm(line(args));
  if (isStopped) throw new Error('stopped');
  if (code !== 0) throw new Error(`sbmcrm ${args[0]}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds that one decision takes about a fleet of so many, each time. */
function decisions(): number[] {
  const policy = {
    up: { above: 70, forMs: 300_000, add: 1 },
    down: { below: 30, forMs: 600_000, remove: 1 },
    cooldownMs: 60_000,
    graceMs: 300_000,
  };
  const bounds = { min: 2, max: LARGE, desired: LARGE };
  const now = Date.now();
  const places = Array.from({ length: LARGE }, (_, n): FleetPlace => {
    const view = { 'lb-a': 'healthy', 'lb-b': 'healthy' } as const;
    const backend = { state: 'healthy', seenBy: view } as const;
    const cpu = { seconds: n, cpus: 1 };
    const host = { state: 'running', startedAtMs: now - 3_600_000, backend, cpu } as const;
    // Some are to be replaced.
    const absent = { state: 'absent', startedAtMs: null, backend: null, cpu: null } as const;
    const more = n % 50 === 0 ? absent : host;
    return { name: `api-${n}`, zone: n % 2 === 0 ? 'a' : 'b', address: '', version: '', ...more };
  });
  let memory = decide(policy, { ...bounds, spec: bounds, by: '', atMs: 0 }, EMPTY, { atMs: now, places }, now).memory;
  return Array.from({ length: DECISIONS }, (_, n) => {
    const atMs = now + n * 2000;
    const start = performance.now();
    memory = decide(policy, { ...bounds, spec: bounds, by: '', atMs: 0 }, memory, { atMs, places }, atMs).memory;
    return performance.now() - start;
  });
}
const EMPTY = {
  ...{ served: {}, leaving: {}, sick: {}, zonesAway: {}, changedAtMs: 0, launches: [] },
  failed: { count: 0, version: '', sinceMs: 0, lastMs: 0 },
};

const figures: Record<string, { what: string; unit: string; goal: string; runs: number[] }> = {};
function note(name: string, what: string, unit: string, goal: string, ...runs: number[]): void {
  figures[name] ??= { what, unit, goal, runs: [] };
  figures[name].runs.push(...runs);
  console.error(`${what}: ${median(runs).toFixed(1)} ${unit}`);
}

/** Seconds from the decision until a new instance answers somebody through the load balancer. */
async function untilServed(http: HttpClient, name: string, decidedMs: () => Promise<number>): Promise<number> {
  await eventually(`${name} answers`, async () => {
    const { body } = await http.send({ method: 'GET', path: '/livez' });
    return (body as { instance?: string } | undefined)?.instance === name;
  });
  const servedMs = Date.now();
  return (servedMs - (await decidedMs())) / 1000;
}

try {
  note('decision', `one decision about ${LARGE} instances`, 'ms', '≤ 5', ...decisions());
  await run('up', '--network', NETWORK, '--port', PORT);
  const platform = openPlatform(openWorkspace({ state, spec }));
  const etcd = etcdClient(platform.topology, readSecrets(platform.paths));
  const lastLaunch = async () => {
    const { value = '{}' } = (await etcd.read(scalingKeys(platform.topology).memory)) ?? {};
    return Math.max(...(JSON.parse(value) as { launches: number[] }).launches);
  };
  const http = new HttpClient(`http://127.0.0.1:${PORT}`);
  const cookie = await logIn(http, JSON.parse(await run('credentials', '--json')));
  const customers = await makeCustomers(http, cookie, CUSTOMERS);
  let turn = 0;
  const read = (): HttpRequest => {
    turn += 1;
    return { method: 'GET', path: `/api/v1/customers/${customers[turn % CUSTOMERS]}`, cookie };
  };
  for (const count of [2, 3, 4]) {
    if (count > 2) await run('scale', String(count));
    await pause(START_MS);
    await asFastAsAnswered(http, read, { connections: CONNECTIONS, forMs: WARM_MS, isStopped: () => isStopped });
    const took = await asFastAsAnswered(http, read, { connections: CONNECTIONS, forMs, isStopped: () => isStopped });
    note(`rate${count}`, `reads of ${count} instances of ${CPUS} processors`, '/s', '', (took.length * 1000) / forMs);
  }
  await run('scale', '2');
  const args = ['load', '--rate', '20', '--for', '30m', '--json'];
  const load = spawn(process.execPath, [SBMCRM, ...line(args)], { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  load.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => load.once('close', resolve));
  try {
    await pause(5000);
    for (let round = 0; round < repeat; round += 1) {
      await run('scale', '3', '--no-wait');
      note(
        'served',
        'a decision until the new instance serves',
        's',
        '≤ 3',
        await untilServed(http, 'sbmcrm-api-03', lastLaunch),
      );
      await run('scale', '3');
      await run('scale', '2');
    }
  } finally {
    load.kill('SIGINT');
    await ended;
  }
  const { sent, failed, refused } = JSON.parse(Buffer.concat(chunks).toString());
  note('failed', `failed and refused of ${sent} requests while instances came and went`, '', '0', failed + refused);
  etcd.close();
} catch (error) {
  console.error(`bench:scaling: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await sbmcrm(['down', '--purge', '--state', state]);
  rmSync(scratch, { recursive: true, force: true });
}

if (process.exitCode === 1) console.error('no figures: it did not come to its end');
else if (values.json) console.log(JSON.stringify(figures));
else {
  console.log('| | median | at most | goal |\n|---|---|---|---|');
  for (const { what, unit, goal, runs } of Object.values(figures))
    console.log(`| ${what} | ${median(runs).toFixed(2)} ${unit} | ${Math.max(...runs).toFixed(2)} ${unit} | ${goal} |`);
  const rate = (count: number) => figures[`rate${count}`]?.runs[0] ?? Number.NaN;
  const against = [3, 4].map((count) => `${count}: ${((rate(count) / rate(2)) * (2 / count)).toFixed(2)}`);
  console.log(`\nAgainst linear (1 is as two of them): ${against.join(', ')}.`);
  const [processor] = cpus();
  console.log(`${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${processor?.model}`);
}
