import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { openPlatform, openWorkspace, type Platform, readSecrets } from '@sbmcrm/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, PROJECT } from './cli.ts';
import { drill, RunningDrill } from './drill.ts';
import { shared } from './platform.ts';

/** Where a broken copy of a file is inside a host. */
const broken = (file: string) => `/tmp/broken-${file.replaceAll('/', '-')}`;
const place = (file: string) => `/opt/sbmcrm/${file}`;
/** A platform that does not heal by itself is not waited for long. */
const IMPATIENT = ['--heal-within', '20s'];

interface Server {
  name: string;
  initPid: number | null;
}
let cloud: Platform['cloud'];
let servers: Server[] = [];
let patched: string[] = [];

function inHost({ initPid }: Server, script: string, input?: string): string {
  const namespaces = ['--target', String(initPid), '--user', '--mount', '--pid'];
  return execFileSync('nsenter', [...namespaces, '--', 'sh', '-c', script], { input, encoding: 'utf8' });
}

/** Starts every API server anew, with what is now in the files' places. */
async function restart(): Promise<void> {
  for (const { name } of servers) {
    expect((await shared.run('exec', name, '--', 'sv', '-w', '120', 'restart', '/run/service/api')).code).toBe(0);
  }
  expect((await shared.up()).code).toBe(0); // puts them back into rotation at once
  await shared.healthy();
}

/** Puts changed source files in their places on every API server, until they are mended or the hosts stop. */
async function breakApi(changes: Record<string, (text: string) => string>): Promise<void> {
  mendFiles();
  for (const [file, change] of Object.entries(changes)) {
    const original = readFileSync(join(PROJECT, file), 'utf8');
    const text = change(original);
    expect(text).not.toBe(original);
    patched.push(file);
    for (const server of servers) {
      // The machine's files are not there inside: the text goes in through standard input.
      inHost(server, `cat > ${broken(file)} && mount --bind ${broken(file)} ${place(file)}`, text);
    }
  }
  await restart();
}

function mendFiles(): void {
  for (const file of patched) for (const server of servers) inHost(server, `umount ${place(file)} || true`);
  patched = [];
}

async function mendApi(): Promise<void> {
  if (patched.length === 0) return;
  mendFiles();
  await restart();
}

/** Gives a load balancer's HAProxy a command. */
async function command(initPid: number | null, text: string): Promise<void> {
  const socket = connect(`/proc/${initPid}/root/run/haproxy/admin.sock`);
  socket.end(`${text}\n`);
  await once(socket.resume(), 'close');
}

/** Runs SQL as superuser on a database host, through its own socket. */
async function sql(host: string, ...statements: string[]): Promise<string> {
  const { postgresSuperuser } = readSecrets(openWorkspace({ state: shared.state, spec: 'sbmcrm.yaml' }).paths);
  const login = 'host=/run/postgresql user=postgres dbname=sbmcrm_production';
  const script = `PGPASSWORD=$(cat) psql "${login}" -XAtq -v ON_ERROR_STOP=1 ${statements.map((each) => `-c "${each}"`).join(' ')}`;
  return inHost(await cloud.hostState(host), script, postgresSuperuser);
}

async function redis(host: string, ...commands: string[]): Promise<void> {
  const { redis: password } = readSecrets(openWorkspace({ state: shared.state, spec: 'sbmcrm.yaml' }).paths);
  const lines = commands.map((command) => `redis-cli -s /run/redis/redis.sock ${command}`).join(' && ');
  inHost(await cloud.hostState(host), `REDISCLI_AUTH=$(cat); export REDISCLI_AUTH; ${lines}`, password);
}

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  cloud = openPlatform(openWorkspace({ state: shared.state, spec: 'sbmcrm.yaml' })).cloud;
  servers = (await cloud.listHosts()).filter((host) => host.services.some(({ name }) => name === 'api'));
});

afterAll(mendApi);

/** Whether a drill would find it: each is broken in a way that no test of the API alone shows under load. */
describe('a broken API', () => {
  it('that does not look at keys applies writes twice', async () => {
    await breakApi({
      'apps/api/src/http/idempotency.ts': (text) =>
        text.replace(/if \(!\(await claim\(tx, request, waiting\)\)\) return .*;\n/, ''),
    });
    const report = await drill(shared, 'api-crash');
    expect(report).toMatchObject({ verdict: 'fail', code: 1 });
    expect(report.consistency.duplicated).toBeGreaterThan(0);
    expect(report.reason).toMatch(/applied more than once/);
  });

  it('that acknowledges before it commits loses writes with its process: async mode does not excuse that', async () => {
    await breakApi({
      // So long before that a dozen such writes are under way on the server that is killed.
      'apps/api/src/http/idempotency.ts': (text) =>
        text.replace(
          'export async function once(',
          `export async function once(...[primary, request, effect]: Parameters<typeof committedOnce>) {
  return new Promise<Awaited<ReturnType<typeof committedOnce>>>((resolve, reject) => {
    committedOnce(primary, request, async (tx) => {
      const answer = await effect(tx);
      resolve({ value: { ...answer, replayed: false }, position: { timeline: 1, lsn: 0n } });
      await new Promise((next) => setTimeout(next, 800));
      return answer;
    }).then(resolve, reject);
  });
}
async function committedOnce(`,
        ),
    });
    const report = await drill(shared, 'api-crash');
    expect(report).toMatchObject({ verdict: 'fail', code: 1, spec: { replicationMode: 'async' } });
    expect(report.consistency.lostBeyondLag).toBeGreaterThan(0);
    expect(report.reason).toMatch(/acknowledged writes lost that asynchronous replication does not excuse/);
  });

  it('that shows old lines, answers wrong balances and refuses what is there', async () => {
    await breakApi({
      'apps/api/src/points/store.ts': (text) =>
        text
          // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
          .replace('OFFSET ${offset}', "OFFSET ${offset + (sort.direction === 'desc' ? 3 : 0)}")
          .replace('if (balance < 0) {', 'if (balance < 0 || line.delta < -90) {')
          .replace('AND balance + $4', 'AND $4::bigint >= -90 AND balance + $4')
          .replace('|| balance ||', '|| balance + 1 ||'),
      'apps/api/src/points/routes.ts': (text) =>
        text.replace('data: { id, balance }', 'data: { id, balance: balance + 1 }'),
    });
    const report = await drill(shared, 'api-crash');
    expect(report).toMatchObject({ verdict: 'fail', code: 1 });
    expect(report.consistency.staleSessionReads).toBeGreaterThan(0);
    expect(report.consistency.wrongBalances).toBeGreaterThan(0);
    expect(report.consistency.wrongRefusals).toBeGreaterThan(0);
    expect(report.consistency).toMatchObject({ lost: 0, duplicated: 0, balanceMismatches: 0 });
    expect(report.reason).toMatch(/did not see their own write/);
    expect(report.reason).toMatch(/another balance than the ledger/);
    expect(report.reason).toMatch(/refusals though there were enough points/);
  });
});

describe('a broken platform', () => {
  beforeAll(mendApi);
  afterEach(async () => {
    expect((await shared.up()).code).toBe(0);
    await shared.healthy();
  });

  it('with a second writable database and cache, which is healthy soon only if somebody puts a server back', async () => {
    const running = new RunningDrill(shared, 'replica-loss', ...IMPATIENT);
    const { target } = await running.fault();
    const { cache, database } = await shared.status();
    const replica = database.members.find(({ name, role }) => role === 'replica' && name !== target)?.name ?? '';
    const standby = cache.members.find(({ role }) => role === 'standby')?.name ?? '';
    try {
      await sql(replica, 'SELECT pg_promote()');
      for (const { name } of cache.members) await redis(name, 'config set min-replicas-to-write 0');
      await redis(standby, 'replicaof no one');
      // Two of the guide's checks in a row, a minute, bring it back.
      for (const { name, initPid } of await cloud.listHosts()) {
        if (name.startsWith('lb-')) await command(initPid, `set server api/${servers[0]?.name} health down`);
      }
      const report = await running.report();
      expect(report).toMatchObject({ verdict: 'fail', code: 1, recovery: { healMs: null } });
      expect(report.consistency.dualPrimaryObservations).toBeGreaterThan(0);
      expect(report.consistency.dualCacheObservations).toBeGreaterThan(0);
      expect(report.reason).toMatch(/taken by a second primary.*taken by a second Redis master/);
      expect(report.reason).toMatch(/The platform heals by itself: .*is unhealthy behind the load balancer/);
    } finally {
      for (const { name } of cache.members) await redis(name, 'config set min-replicas-to-write 1');
    }
  });

  // Its requests wait out their deadlines, for minutes in all: `npm test -- long` has it, and unit tests have the figures.
  it.runIf(process.env.SBMCRM_LONG)('whose writes stop for good while it heals', async () => {
    const primary = (await shared.status()).database.primary ?? '';
    const running = new RunningDrill(shared, 'replica-loss', ...IMPATIENT);
    await running.fault();
    await shared.until('the drill takes its fault back', ({ faults }) => faults.length === 0);
    await sql(primary, 'ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()');
    try {
      const report = await running.report();
      expect(report).toMatchObject({ verdict: 'fail', code: 1, recovery: { writeGapEnded: false } });
      expect(report.reason).toMatch(/writes were away at the end, for \d/);
    } finally {
      await sql(primary, 'ALTER SYSTEM RESET default_transaction_read_only', 'SELECT pg_reload_conf()');
    }
  });
});

describe('a broken instrument', () => {
  /** The load of a drill: its process, found by its program. */
  const loads = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('load/src/main.ts');
      } catch {
        return false; // ended meanwhile
      }
    });

  it('whose load is starved of its processor shows nothing', async () => {
    const before = loads();
    const running = new RunningDrill(shared, 'replica-loss');
    await running.fault();
    const load = await eventually('the load runs', async () => loads().find((pid) => !before.includes(pid)));
    for (let n = 0; n < 3; n++) {
      process.kill(Number(load), 'SIGSTOP');
      await new Promise((next) => setTimeout(next, 700));
      process.kill(Number(load), 'SIGCONT');
      await new Promise((next) => setTimeout(next, 300));
    }
    const report = await running.report();
    expect(report).toMatchObject({ verdict: 'void', code: 1 });
    expect(report.reason).toMatch(/the load sent \d+ of \d+ requests late/);
    expect(report.workload.generator?.eventLoopDelayMs.max).toBeGreaterThan(500);
  });
});
