import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson } from '@sbmcrm/local';
import type { Step } from '@sbmcrm/platform';
import { planNetwork } from '@sbmcrm/topology';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { other, shared, small, TestPlatform, unwatched } from './platform.ts';

const { id } = planNetwork(other.network);

/** Command lines of all processes, by pid. */
function processes(): [pid: string, words: string][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): [string, string][] => {
      try {
        return [[pid, readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()]];
      } catch {
        return []; // ended meanwhile
      }
    });
}

/** Everything on the machine that a platform could leave behind, one line each. */
function inventory(): string[] {
  const command = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8' }).trim().split('\n');
  return [
    ...processes()
      .filter(([, words]) =>
        /runsv|svlogd|patroni|postgres|redis|haproxy|keepalived|etcd|daemon\.ts|apps\/api/.test(words),
      )
      .map(([pid, words]) => `process ${pid} ${words}`),
    ...command('ip', '-brief', 'link').map((line) => `link ${line.split(/[\s@]/)[0]}`),
    ...command('ip', 'netns', 'list').map((line) => `netns ${line}`),
    ...command('nft', 'list', 'tables').map((line) => `firewall ${line}`),
    ...command('losetup', '--list', '--noheadings', '--output', 'BACK-FILE').map((line) => `loop device ${line}`),
    ...readFileSync('/proc/self/mounts', 'utf8')
      .trim()
      .split('\n')
      .map((line) => `mount ${line.split(' ')[1]}`),
    ...globSync('/sys/fs/cgroup/**/sbmcrm/**', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `cgroup ${join(entry.parentPath, entry.name)}`),
    ...globSync('/run/sbmcrm/**').map((path) => `file ${path}`),
  ].sort();
}

/** Whether a line is about a platform that is not of these tests: somebody may work beside them. */
function isForeign(line: string): boolean {
  if (line.includes(small.state) || line.includes('sbmtest')) return true;
  const ours = [id, planNetwork(shared.network).id];
  if ([...line.matchAll(/sbm[0-9a-f]{4}/g)].some(([each]) => !ours.includes(each))) return true;
  const states = globSync('/run/sbmcrm/*/platform.json').flatMap((file) => {
    const record = readJson<{ state: string }>(file);
    return record ? [record.state] : [];
  });
  return states.some((state) => ![shared.state, other.state].includes(state) && line.includes(`${state}/`));
}

/** Without processes: even of a platform that is left alone some come and go. */
const stable = () => inventory().filter((line) => !line.startsWith('process') && !isForeign(line));

let before: string[] = [];
beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  before = stable();
});
afterAll(async () => {
  await other.run('down', '--purge');
});

async function expectUp(platform: TestPlatform): Promise<void> {
  const { code, stderr } = await platform.up();
  expect(stderr).not.toContain('sbmcrm:');
  expect(code).toBe(0);
}

async function expectDown(...args: string[]): Promise<void> {
  const { code, stderr } = await other.run('down', ...args);
  expect(stderr).not.toContain('sbmcrm:');
  expect(code).toBe(0);
}

function expectNoTrace(): void {
  expect(stable()).toEqual(before);
  expect(inventory().filter((line) => line.startsWith('process') && line.includes(other.state))).toEqual([]);
}

describe('the life of a second platform, with four API servers', () => {
  const spec = join(tmpdir(), `sbmcrm-many-${process.pid}.yaml`);
  const names = Array.from({ length: 4 }, (_, n) => `sbmcrm-api-${String(n + 1).padStart(2, '0')}`);
  const instances = names.map((name, n) => `{ name: ${name}, zone: ${n % 2 === 0 ? 'a' : 'b'} }`).join(', ');
  const many = new TestPlatform({ ...other, spec });
  const mine = new CrmClient(shared);
  const theirs = new CrmClient(other);
  let entry = { id: '', customer: '' };

  beforeAll(() => {
    const application = `{ instances: [${instances}], autoScaling: { desired: 4 } }`;
    writeFileSync(spec, unwatched(`platform: sbmcrm\napplication: ${application}`));
  });
  afterAll(() => rmSync(spec));

  /** Interrupts `up` as soon as `reached` says so of what it has said. */
  async function interruptUp(what: string, reached: (said: string) => boolean): Promise<void> {
    const up = many.start('up', '--network', other.network);
    await eventually(what, async () => up.hasEnded || reached(up.stderr));
    if (up.hasEnded) throw new Error(`${what}: up ended before: ${up.stderr}`);
    up.kill('SIGINT');
    // Before its first line it has nothing to tidy up, and the signal itself ends it.
    expect([1, null]).toContain(await up.ended);
  }

  const initdbRuns = () =>
    processes().some(([pid, words]) => {
      if (!/\binitdb\b|postgres --(boot|single)/.test(words)) return false;
      try {
        return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
      } catch {
        return false; // ended meanwhile
      }
    });

  it('goes on after Ctrl-C in the middle of up, whenever it comes; down works then, too', async () => {
    const first = await many.json<{ steps: Step[] }>('up', '--dry-run', '--network', other.network);
    expect(first.steps.map((step) => step.do).slice(-5)).toEqual([
      'make-platform',
      'connect',
      'start-cloud',
      'define-hosts',
      'start-hosts',
    ]);
    expect(existsSync(other.state)).toBe(false);
    await interruptUp('there is a state folder', () => existsSync(other.state));
    await interruptUp('hosts start', (said) => /Start \d+ hosts/.test(said));
    // While PostgreSQL's cluster is being created: what is half made must not be taken for a cluster.
    await interruptUp('the cluster is created', (said) => initdbRuns() || said.includes('has a primary'));
    await expectDown();
    // Later points are as this one: what follows waits, and changes nothing.
    await interruptUp('the standby copies it', (said) => said.includes('PostgreSQL has a primary'));
    await expectUp(many);
  });

  it('migrates its database once, though all servers start together', async () => {
    const status = await many.healthy();
    expect(status.loadBalancer.backends).toHaveLength(4);
    const applied: string[] = [];
    for (const { name } of status.loadBalancer.backends) {
      const { stdout } = await many.run('logs', `${name}/api`, '-n', '10000');
      for (const [, migration = ''] of stdout.matchAll(/"migration":"([^"]*)"/g)) applied.push(migration);
    }
    // Each is a transaction of its own: another server may be faster for the next one, none applies one twice. A server that
    // went down with an interrupted `up` may not have come to say so of the last one.
    expect(applied).not.toEqual([]);
    expect(new Set(applied).size).toBe(applied.length);
    await eventually('every server answers', async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, () => fetch(`${many.url}/livez`)));
      return answers.every((answer) => answer.status === 200);
    });
  });

  it('does not disturb the first', async () => {
    expect(many.url).not.toBe(shared.url);
    await mine.login();
    await theirs.login();
    const customer = await mine.createCustomer();
    expect((await mine.call('GET', `/api/v1/customers/${customer}`)).status).toBe(200);
    expect((await theirs.call('GET', `/api/v1/customers/${customer}`)).status).toBe(404);
    await many.json('fault', 'inject', 'isolate', 'lb-a');
    await shared.healthy();
  });

  it('goes without a trace, a full disk included, and not a process of the first ends', async () => {
    const customer = await theirs.createCustomer();
    entry = { customer, id: (await theirs.earn(customer, 3)).id };
    await many.json('fault', 'inject', 'fill', 'replica-b');
    const pids = async () =>
      (await shared.healthy()).hosts.flatMap(({ name, services }) => services.map((each) => `${name} ${each.pid}`));
    const pidsBefore = await pids();
    const { steps } = await many.json<{ steps: { do: string }[] }>('down', '--dry-run');
    expect(steps.map((step) => step.do)).toEqual([...steps.slice(1).map(() => 'stop-hosts'), 'disconnect']);
    expect((await many.status()).state).not.toBe('down');
    await expectDown();
    expectNoTrace();
    expect(await many.json('down', '--dry-run')).toEqual({ steps: [] });
    await expectDown();
    expect(await pids()).toEqual(pidsBefore);
  });

  it('has its data when it comes back, under another spec and with room on the disk that was full', async () => {
    await expectUp(other);
    await other.healthy();
    expect((await theirs.ledger(entry.customer)).entries.map((each) => each.id)).toEqual([entry.id]);
    expect(globSync(`${other.state}/hosts/*/ballast`)).toEqual([]);
    const write = ['dd', 'if=/dev/zero', 'of=/data/test', 'bs=4k', 'count=1'];
    expect((await other.run('exec', 'replica-b', '--', ...write)).code).toBe(0);
  });

  it('a network that somebody took while the platform was down is left alone, by up and by down', async () => {
    await expectDown();
    const claim = `/run/sbmcrm/${id}`;
    mkdirSync(claim, { recursive: true });
    const record = { state: '/elsewhere', network: other.network, port: 9 };
    writeFileSync(join(claim, 'platform.json'), JSON.stringify(record));
    try {
      const up = await other.up();
      expect(up.stderr).toContain('used by the platform in /elsewhere');
      expect(up.code).toBe(1);
      await expectDown('--purge');
      expect(existsSync(other.state)).toBe(false);
      expect(existsSync(join(claim, 'platform.json'))).toBe(true);
    } finally {
      rmSync(claim, { recursive: true, force: true });
    }
    expectNoTrace();
  });
});
