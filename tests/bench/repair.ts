import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadRun } from '@sbmcrm/drills';
import type { PlatformStatus } from '@sbmcrm/platform';
import { sbmcrm, startSbmcrm } from '../e2e/cli.ts';
import { UNWATCHED } from '../e2e/platform.ts';
import { type Spread, spread } from './measure.ts';

/**
 * How long data that are given up take to be there again: the database's standby against a plain `pg_basebackup` on the same hosts, in
 * turns; and what requests see of it, also of the other repairs.
 *
 *   npm run bench:repair -- [--gb 2] [--repeat 3] [--rate 40] [--json]
 */
const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '2' },
    repeat: { type: 'string', default: '3' },
    rate: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
});
function numberOf(name: 'gb' | 'repeat' | 'rate', from: number, to: number): number {
  const value = Number(values[name]);
  if (value >= from && value <= to) return value;
  console.error(`--${name} "${values[name]}": give a number from ${from} to ${to}`);
  process.exit(2);
}
// A database host's disk has 8 GB: the old server, the new one, and the log of the filling.
const gb = numberOf('gb', 0.1, 2);
const repeat = numberOf('repeat', 1, 20);
const rate = numberOf('rate', 1, 1000);

const NETWORK = '10.76.0.0/16';
/** Standbys catch up with what was filled. */
const SETTLE_MS = 15_000;
const scratch = mkdtempSync(join(tmpdir(), 'sbmcrm-repair-'));
const state = join(scratch, 'state');

let isStopped = false;
process.on('SIGINT', () => {
  isStopped = true;
});

async function run(...args: string[]): Promise<string> {
  console.error(`sbmcrm ${args.join(' ').slice(0, 100)}`);
  const [command = '', ...rest] = args;
  const { code, stdout, stderr } = await sbmcrm([command, '--state', state, '--spec', UNWATCHED, ...rest]);
  if (isStopped) throw new Error('stopped');
  if (code !== 0) throw new Error(`sbmcrm ${args.join(' ').slice(0, 100)}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}
const on = (host: string, script: string) => run('exec', host, '--', 'sh', '-c', script);
const status = async () => JSON.parse(await run('status', '--json')) as PlatformStatus;

/** A password file for both sides, made inside the host of its own configuration. */
const PASSWORDS =
  'umask 077; for who in postgres replicator; do sed -n "/username: \\"$who\\"/,/password:/s/.*password: \\"\\(.*\\)\\"/*:*:*:$who:\\1/p" /etc/sbmcrm/postgres/patroni.yml; done > /run/bench.pass; export PGPASSFILE=/run/bench.pass';

/** Does something while requests are sent. @returns how long it took in seconds, and how the requests ended */
async function underLoad(task: () => Promise<unknown>): Promise<{ took: number; load: LoadRun }> {
  const load = startSbmcrm(['load', '--state', state, '--rate', `${rate}`, '--for', '30m', '--json']);
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const start = performance.now();
  let took = 0;
  try {
    await task();
    took = (performance.now() - start) / 1000;
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    load.kill('SIGINT');
    await load.ended;
  }
  return { took, load: JSON.parse(load.stdout) as LoadRun };
}

const repaired = (host: string) => underLoad(() => run('repair', host, '--force'));

/** The same copy by hand, from the primary, without a server that starts on it. @returns seconds */
async function plain(standby: string, primary: string): Promise<number> {
  const copy =
    '/usr/lib/postgresql/17/bin/pg_basebackup --wal-method=stream --checkpoint=fast --max-rate=200M --no-password';
  await on(standby, `${PASSWORDS}; rm -rf /data/postgres/plain`);
  const command = `${PASSWORDS}; ${copy} --pgdata=/data/postgres/plain --dbname="host=${primary} user=replicator"`;
  const { took } = await underLoad(() => on(standby, command));
  await on(standby, 'rm -rf /data/postgres/plain /run/bench.pass');
  return took;
}

const rows: [what: string, measured: string, goal: string][] = [];
const figures: Record<string, unknown> = {};
try {
  await run('up', '--network', NETWORK, '--port', '18076');
  const { database, cache } = await status();
  const primary = database.primary ?? '';
  const standby = database.members.find(({ role }) => role === 'standby')?.name ?? '';
  const cacheStandby = cache.members.find(({ role }) => role === 'standby')?.name ?? '';
  // About 1,000 bytes a row, in parts: the log of one goes before the next one comes.
  const part = Math.round((gb * 1024 ** 3) / 1050 / 20);
  const fill = `INSERT INTO filled SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, ${part}) g`;
  const psql = `${PASSWORDS}; psql -X -q -h /run/postgresql -U postgres`;
  await on(
    primary,
    `${psql} -c 'CREATE TABLE filled (n int, text text)'; for n in $(seq 20); do ${psql} -c '${fill}' -c CHECKPOINT; done; ${psql} -c 'VACUUM (FREEZE, ANALYZE) filled' -c CHECKPOINT`,
  );

  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

  const plains: number[] = [];
  const copies: number[] = [];
  const loads: LoadRun[] = [];
  for (let round = 0; round < repeat; round += 1) {
    plains.push(await plain(standby, primary));
    const { took, load } = await repaired(standby);
    copies.push(took);
    loads.push(load);
    console.error(`plain ${plains.at(-1)?.toFixed(1)} s, repair ${took.toFixed(1)} s`);
  }
  const [one, two] = [spread(plains), spread(copies)];
  const text = ({ median, max }: Spread) => `${median.toFixed(1)} s (at most ${max.toFixed(1)} s)`;
  const bad = (each: readonly LoadRun[]) =>
    `${each.reduce((sum, { failed }) => sum + failed, 0)} failed, ${each.reduce((sum, { refused }) => sum + refused, 0)} refused of ${each.reduce((sum, { sent }) => sum + sent, 0)}`;
  rows.push(
    [`plain pg_basebackup of ${gb} GB`, text(one), ''],
    ['`repair` of the standby, until it streams', text(two), ''],
    ['… against plain', (two.median / one.median).toFixed(2), '≤ 1.2'],
    [`… requests at ${rate}/s meanwhile`, bad(loads), '0 failed'],
  );
  Object.assign(figures, { plains, copies, loads });
  for (const host of ['replica-a', cacheStandby, 'quorum-b']) {
    const { took, load } = await repaired(host);
    rows.push([`\`repair ${host}\``, `${took.toFixed(1)} s; ${bad([load])}`, '0 failed']);
    figures[host] = { took, load };
  }
} catch (error) {
  console.error(`bench:repair: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await sbmcrm(['down', '--purge', '--state', state]);
  rmSync(scratch, { recursive: true, force: true });
}

if (process.exitCode === 1) console.error('no figures: it did not come to its end');
else if (values.json) console.log(JSON.stringify(figures));
else {
  console.log('| | measured | goal |\n|---|---|---|');
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log(`\n${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GB, ${cpus()[0]?.model}`);
}
