import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firingAlerts } from '@sbmcrm/engines';
import { query } from '@sbmcrm/engines/prometheus';
import type { PlatformStatus } from '@sbmcrm/platform';
import { sbmcrm } from '../e2e/cli.ts';
import { UNWATCHED } from '../e2e/platform.ts';
import { cpuSeconds, memoryMb, processesOf, type Spread, spread } from './measure.ts';

/**
 * What it costs to watch the platform, side by side with the same one that nobody watches, in turns; and how soon a fault is told.
 *
 *   npm run bench:monitoring -- [--repeat 3] [--json]
 */
const { values } = parseArgs({
  options: { repeat: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const repeat = Number(values.repeat);
if (!Number.isInteger(repeat) || repeat < 1 || repeat > 20) {
  console.error(`--repeat "${values.repeat}": give a whole number from 1 to 20`);
  process.exit(2);
}

interface Posted {
  alerts: { status: string; labels: { alertname: string } }[];
}

const NETWORK = '10.76.0.0/16';
/** After the start: caches fill, statistics settle. */
const SETTLE_MS = 15_000;
const IDLE_MS = 30_000;
/** Looks for an alert from one time to the next. */
const LOOK_MS = 100;
/** An alert that does not come within so long never comes. */
const TOLD_MS = 120_000;
/** @see https://prometheus.io/docs/prometheus/latest/storage/#operational-aspects (1 to 2 bytes) */
const BYTES_A_SAMPLE = 2;
/** An instance's own share of what is told: of its application and its host. */
const ONE_INSTANCE = '{host="sbmcrm-api-01"}';

const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-bench-'));
const state = join(scratch, 'state');
const watched = join(scratch, 'watched.yaml');
/** Alerts that came to somebody, by name: when, as `performance.now` counts. */
const arrived = new Map<string, number>();
const receiver = createServer(async (incoming, answer) => {
  const at = performance.now();
  let text = '';
  for await (const part of incoming) text += part;
  for (const { status, labels } of (JSON.parse(text) as Posted).alerts)
    if (status === 'firing') arrived.set(labels.alertname, at);
  answer.end();
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const { port } = receiver.address() as AddressInfo;
writeFileSync(
  watched,
  readFileSync('sbmcrm.yaml', 'utf8').replace(
    /^ {2}webhooks: .*$/m,
    `  webhooks: [{ url: "http://127.0.0.1:${port}/", severity: critical }]`,
  ),
);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let isStopped = false;
process.on('SIGINT', () => {
  isStopped = true;
});

async function run(spec: string, ...[command = '', ...rest]: string[]): Promise<string> {
  const { code, stdout, stderr } = await sbmcrm([command, '--state', state, '--spec', spec, ...rest]);
  if (isStopped) throw new Error('stopped');
  if (code !== 0) throw new Error(`sbmcrm ${command}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}
/** `down --purge` of the last platform would take the image along. */
async function forget(spec: string): Promise<void> {
  await run(spec, 'down');
  rmSync(state, { recursive: true, force: true });
}
const status = async () => JSON.parse(await run(watched, 'status', '--json')) as PlatformStatus;

const figures: Record<string, { what: string; unit: string; goal: string; runs: number[] }> = {};
function note(name: string, what: string, unit: string, goal: string, value: number): void {
  figures[name] ??= { what, unit, goal, runs: [] };
  figures[name].runs.push(value);
  console.error(`${what}: ${value.toFixed(1)} ${unit}`);
}

/** Brings it up and leaves it alone. */
async function idle(spec: string): Promise<{ up: number; memory: number; cpu: number }> {
  const start = performance.now();
  await run(spec, 'up', '--network', NETWORK, '--port', '18076');
  const up = (performance.now() - start) / 1000;
  await pause(SETTLE_MS);
  const pids = processesOf(NETWORK);
  const before = cpuSeconds(pids);
  await pause(IDLE_MS);
  return { up, memory: memoryMb(pids), cpu: ((cpuSeconds(pids) - before) / (IDLE_MS / 1000)) * 100 };
}

/** Does something that an alert tells of. @returns seconds until it holds, and until somebody was told */
async function told(
  base: string,
  alert: string,
  fault: () => Promise<unknown>,
): Promise<{ holds: number; told: number }> {
  arrived.delete(alert);
  const start = performance.now();
  const done = fault();
  let holds: number | undefined;
  while (performance.now() - start < TOLD_MS && !isStopped) {
    if (holds === undefined && (await firingAlerts(base))?.some(({ name }) => name === alert))
      holds = (performance.now() - start) / 1000;
    const at = arrived.get(alert);
    if (at !== undefined) {
      await done;
      const took = (at - start) / 1000;
      return { holds: Math.min(holds ?? took, took), told: took };
    }
    await pause(LOOK_MS);
  }
  throw new Error(`${alert} was not told`);
}

const number = async (base: string, text: string) => (await query(base, text))[0]?.points[0]?.[1] ?? Number.NaN;

try {
  await run(UNWATCHED, 'up', '--network', NETWORK, '--port', '18076'); // the image, if it is not there yet
  await forget(UNWATCHED);
  for (let round = 0; round < repeat; round += 1) {
    const without = await idle(UNWATCHED);
    await forget(UNWATCHED);
    const with_ = await idle(watched);
    note('up', '`up`, image cached', 's', '≤ 25', with_.up);
    note('upWithout', '… that nobody watches', 's', '', without.up);
    note('memory', 'memory for it, idle (PSS)', 'MB', '≤ 450', with_.memory - without.memory);
    note('cpu', 'processor time for it, idle', '% of a core', '≤ 15', with_.cpu - without.cpu);
    note('cpuWithout', '… of all the rest', '% of a core', '', without.cpu);
    const base = (await status()).endpoints.prometheus ?? '';
    const servers = (await status()).hosts.map(({ name }) => name).filter((name) => name.startsWith('sbmcrm-api'));
    const away = () => Promise.all(servers.map((name) => run(watched, 'fault', 'inject', 'stop', name)));
    const noServers = await told(base, 'AllApiServersDown', away);
    note('serversHold', 'all API servers stopped until the alert holds', 's', '', noServers.holds);
    note('servers', '… until a webhook has it', 's', '≤ 10', noServers.told);
    await run(watched, 'fault', 'clear', 'all');
    await run(watched, 'up');
    const failover = () => run(watched, 'failover', 'database');
    const failedOver = await told(base, 'DatabaseFailover', failover);
    note('failoverHolds', 'failover of the database until the alert holds', 's', '', failedOver.holds);
    note('failover', '… until a webhook has it', 's', '≤ 10', failedOver.told);
    const series = await number(base, 'prometheus_tsdb_head_series');
    const samples = await number(base, 'rate(prometheus_tsdb_head_samples_appended_total[1m])');
    const ofOne = await number(base, `count(${ONE_INSTANCE})`);
    const samplesOfOne = await number(base, `sum(scrape_samples_scraped${ONE_INSTANCE}) / 2`);
    const perDay = (each: number) => (each * 86_400 * BYTES_A_SAMPLE) / 1024 ** 2;
    note('series', 'series', '', '', series);
    note('disk', 'disk a day, at 2 bytes a sample', 'MB', '', perDay(samples));
    note('series1000', 'series, computed for 1,000 API servers', '', '', series + 998 * ofOne);
    note('disk1000', 'disk a day, computed for 1,000 API servers', 'MB', '', perDay(samples + 998 * samplesOfOne));
    await (round + 1 < repeat ? forget(watched) : run(watched, 'down', '--purge'));
  }
} catch (error) {
  console.error(`bench:monitoring: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  receiver.closeAllConnections();
  receiver.close();
  await sbmcrm(['down', '--purge', '--state', state]);
  rmSync(scratch, { recursive: true, force: true });
}

if (process.exitCode === 1) console.error('no figures: it did not come to its end');
else if (values.json) {
  const spreads: Record<string, Spread> = Object.fromEntries(
    Object.entries(figures).map(([name, { runs }]) => [name, spread(runs)]),
  );
  console.log(JSON.stringify(spreads));
} else {
  console.log('| | median | at most | goal |\n|---|---|---|---|');
  for (const { what, unit, goal, runs } of Object.values(figures)) {
    const { median, max } = spread(runs);
    console.log(`| ${what} | ${median.toFixed(1)} ${unit} | ${max.toFixed(1)} ${unit} | ${goal} |`);
  }
  console.log(
    `\n${repeat} runs, ${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`,
  );
}
