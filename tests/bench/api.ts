import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CODE_DIR } from '@sbmcrm/engines';
import { HttpClient, type HttpRequest, logIn } from '@sbmcrm/load';
import { hostCpuSeconds } from '@sbmcrm/local';
import type { PlatformStatus } from '@sbmcrm/platform';
import { planNetwork } from '@sbmcrm/topology';
import { eventually, SBMCRM, sbmcrm } from '../e2e/cli.ts';
import { UNWATCHED } from '../e2e/platform.ts';
import { asFastAsAnswered, makeCustomers, median } from './measure.ts';

/**
 * What high availability costs an API server: the same calls to (a) Fastify and pg with the same SQL and nothing else, on the same
 * host, (b) one API server, (c) two behind the load balancer; in turns, round after round. Each is asked as fast as it answers,
 * over a few connections; the load balancer's own time is told from one call at a time.
 *
 *   npm run bench:api -- [--for 8] [--rounds 3] [--json]
 */
const { values } = parseArgs({
  options: {
    for: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'for' | 'rounds', from: number, to: number): number {
  const value = Number(values[name]);
  if (value >= from && value <= to) return value;
  console.error(`--${name} "${values[name]}": give a number from ${from} to ${to}`);
  process.exit(2);
}
const seconds = numberOf('for', 1, 600);
const rounds = Math.round(numberOf('rounds', 1, 100));

const NETWORK = '10.75.0.0/16';
const ENTRY_PORT = 18075;
const BARE_PORT = 8099;
const HOST = 'sbmcrm-api-01';
const CONNECTIONS = 8;
const CUSTOMERS = 200;

const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-bench-api-'));
const state = join(scratch, 'state');
const plan = planNetwork(NETWORK);

/** One target, asked one kind of call for a while. */
interface Measured {
  perSecond: number;
  p50Ms: number;
  /** Processor time of each host for one request, in milliseconds. */
  cpuMs: Record<string, number>;
}

let isStopped = false;
// The command that runs gets Ctrl-C as well and ends in good order; then the platform is taken down.
process.on('SIGINT', () => {
  isStopped = true;
});

async function run(...args: string[]): Promise<string> {
  console.error(`sbmcrm ${args.join(' ')}`);
  const { code, stdout, stderr } = await sbmcrm([...args, '--state', state, '--spec', UNWATCHED]);
  if (isStopped) throw new Error('stopped');
  if (code !== 0) throw new Error(`sbmcrm ${args[0]}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** The bare server on an API server's host, in the folder of its code and with its settings; it ends with the platform. */
async function startBare(address: string): Promise<HttpClient> {
  const text = readFileSync(join(import.meta.dirname, 'api-bare.ts'), 'utf8').replaceAll("'../../", "'./");
  const node =
    'node_modules/.bin/node --max-old-space-size=192 --max-semi-space-size=16 --input-type=module-typescript -';
  const script = `cd ${CODE_DIR} && exec chpst -e /etc/sbmcrm/api/env -u :1000:1000 ${node}`;
  const args = [SBMCRM, 'exec', HOST, '--state', state, '--', 'sh', '-c', script];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(text);
  const http = new HttpClient(`http://${address}:${BARE_PORT}`);
  await eventually('the bare server listens', async () => {
    if (child.exitCode !== null) throw new Error('the bare server ended');
    return (await http.send({ method: 'GET', path: '/' }, 1000)).status === 404;
  });
  return http;
}

/** Calls one after the other over some connections for a while. @throws Error on any answer but a good one */
async function measure(
  http: HttpClient,
  next: () => HttpRequest,
  connections: number,
  forMs: number,
): Promise<Measured> {
  const before = hostCpuSeconds(plan);
  const start = performance.now();
  const tookMs = await asFastAsAnswered(http, next, { connections, forMs, isStopped: () => isStopped });
  const elapsedMs = performance.now() - start;
  const after = hostCpuSeconds(plan);
  const cpuMs = [...after].map(([name, used]) => [name, ((used - (before.get(name) ?? used)) * 1000) / tookMs.length]);
  return {
    perSecond: (tookMs.length * 1000) / elapsedMs,
    p50Ms: tookMs[Math.floor(tookMs.length / 2)] ?? Number.NaN,
    cpuMs: Object.fromEntries(cpuMs),
  };
}

const TARGETS = ['bare', 'one', 'balanced'] as const;
type Target = (typeof TARGETS)[number];
const figures: Record<string, Record<Target, Measured[]>> = {};

try {
  await run('up', '--network', NETWORK, '--port', String(ENTRY_PORT));
  const status = JSON.parse(await run('status', '--json')) as PlatformStatus;
  const address = status.hosts.find(({ name }) => name === HOST)?.address;
  if (address === undefined) throw new Error(`the platform has no host ${HOST}`);
  const credentials = JSON.parse(await run('credentials', '--json')) as { email: string; password: string };
  const clients: Record<Target, HttpClient> = {
    bare: await startBare(address),
    one: new HttpClient(`http://${address}:8080`),
    balanced: new HttpClient(`http://127.0.0.1:${ENTRY_PORT}`),
  };
  const cookie = await logIn(clients.balanced, credentials);
  const post = (path: string, body: unknown): HttpRequest => ({
    method: 'POST',
    path,
    body,
    cookie,
    key: randomUUID(),
  });
  const customers = await makeCustomers(clients.balanced, cookie, CUSTOMERS);
  let turn = 0;
  const customer = () => customers[turn++ % CUSTOMERS] ?? '';
  const earn = () => post(`/api/v1/customers/${customer()}/points`, { type: 'earn', points: 1000, reason: 'bench' });
  let position = '';
  for (let n = 0; n < CUSTOMERS; n += 1) {
    const { headers } = await clients.balanced.send(earn());
    position = String(headers['x-read-after'] ?? position);
  }
  // As a browser tells it that wrote before; without it reads go to the primary.
  const reader = `${cookie}; sbmcrm_read_after=${encodeURIComponent(position)}`;
  const today = new Date().toISOString().slice(0, 10);
  const calls: Record<string, () => HttpRequest> = {
    read: () => ({ method: 'GET', path: `/api/v1/customers/${customer()}`, cookie: reader }),
    earn,
    transfer: () => post('/api/v1/transfers', { from: customer(), to: customer(), points: 1, reason: 'bench' }),
    summary: () => ({ method: 'GET', path: `/api/v1/analytics/summary?from=${today}&to=${today}`, cookie: reader }),
  };
  const rows = [...Object.entries(calls).map(([name, call]) => ({ name, call, connections: CONNECTIONS }))];
  rows.push({ name: 'read, one at a time', call: calls.read as () => HttpRequest, connections: 1 });
  for (const { name, call, connections } of rows) {
    figures[name] = { bare: [], one: [], balanced: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const target of TARGETS) {
        // A new connection and a cold plan are nobody's usual.
        await measure(clients[target], call, connections, 500);
        const measured = await measure(clients[target], call, connections, seconds * 1000);
        figures[name]?.[target].push(measured);
        console.error(`${name}, ${target}: ${Math.round(measured.perSecond)}/s, p50 ${measured.p50Ms.toFixed(1)} ms`);
      }
    }
  }
} catch (error) {
  console.error(`bench:api: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await sbmcrm(['down', '--purge', '--state', state]);
  rmSync(scratch, { recursive: true, force: true });
}

if (process.exitCode === 1) console.error('no figures: it did not come to its end');
else if (values.json) console.log(JSON.stringify({ seconds, rounds, connections: CONNECTIONS, figures }));
else {
  const rate = (of: Measured[]) => median(of.map(({ perSecond }) => perSecond));
  const span = (of: Measured[]) => {
    const all = of.map(({ perSecond }) => Math.round(perSecond));
    return `${Math.round(rate(of))}/s (${Math.min(...all)}–${Math.max(...all)})`;
  };
  console.log('| | bare | one server | one ÷ bare (goal ≥ 0.8) | two behind the balancer |\n|---|---|---|---|---|');
  for (const [name, { bare, one, balanced }] of Object.entries(figures)) {
    console.log(
      `| ${name} | ${span(bare)} | ${span(one)} | ${(rate(one) / rate(bare)).toFixed(2)} | ${span(balanced)} |`,
    );
  }
  const single = figures['read, one at a time'];
  const p50 = (of: Measured[] = []) => median(of.map(({ p50Ms }) => p50Ms));
  console.log(
    `\nThe load balancer adds ${(p50(single?.balanced) - p50(single?.one)).toFixed(2)} ms at the median (goal ≤ 1 ms).`,
  );
  console.log('\nProcessor time for one request through the load balancer, in ms:\n');
  for (const [name, { balanced }] of Object.entries(figures)) {
    const hosts = Object.keys(balanced[0]?.cpuMs ?? {});
    const parts = hosts
      .map((host) => ({ host, ms: median(balanced.map(({ cpuMs }) => cpuMs[host] ?? 0)) }))
      .filter(({ ms }) => ms >= 0.05)
      .sort((x, y) => y.ms - x.ms);
    console.log(`- ${name}: ${parts.map(({ host, ms }) => `${host} ${ms.toFixed(2)}`).join(' · ')}`);
  }
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`;
  console.log(
    `\n${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s, the load on the same machine: ${machine}`,
  );
}
