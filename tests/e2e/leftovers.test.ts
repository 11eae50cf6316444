import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startSbmcrm } from './cli.ts';
import { CrmClient } from './crm.ts';
import { other, shared } from './platform.ts';

/** Everything on the machine that a platform could leave behind, one line each. */
function inventory(): string[] {
  const command = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8' }).trim().split('\n');
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
        return /runsv|svlogd|patroni|postgres|redis|haproxy|keepalived|etcd|daemon\.ts|apps\/api/.test(words)
          ? [`process ${pid} ${words}`]
          : [];
      } catch {
        return [];
      }
    });
  return [
    ...processes,
    ...command('ip', '-brief', 'link').map((line) => `link ${line.split(/[\s@]/)[0]}`),
    ...command('ip', 'netns', 'list').map((line) => `netns ${line}`),
    ...command('nft', 'list', 'tables').map((line) => `firewall ${line}`),
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

let before: string[] = [];
beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  before = inventory();
});
afterAll(async () => {
  await other.run('down', '--purge');
});

const stable = (lines: string[]) => lines.filter((line) => !line.startsWith('process'));

describe('two platforms side by side', () => {
  it('do not disturb each other, and one goes without a trace', async () => {
    const up = await other.up();
    expect(up.stderr).not.toContain('sbmcrm:');
    expect(up.code).toBe(0);
    await other.healthy();
    expect(other.url).not.toBe(shared.url);

    const [mine, theirs] = [new CrmClient(shared), new CrmClient(other)];
    await mine.login();
    await theirs.login();
    const customer = await mine.createCustomer();
    expect((await mine.call('GET', `/api/v1/customers/${customer}`)).status).toBe(200);
    expect((await theirs.call('GET', `/api/v1/customers/${customer}`)).status).toBe(404);

    await other.json('fault', 'inject', 'isolate', 'lb-a');
    expect((await shared.status()).state).toBe('healthy');

    const pids = (await shared.status()).hosts.flatMap((host) => host.services.map((service) => service.pid));
    expect((await other.run('down', '--purge')).code).toBe(0);
    expect((await shared.status()).hosts.flatMap((host) => host.services.map((service) => service.pid))).toEqual(pids);
    await shared.healthy();
    expect(existsSync(other.state)).toBe(false);
    expect(stable(inventory())).toEqual(stable(before));
    const leftOver = inventory().filter((line) => line.startsWith('process') && line.includes(other.state));
    expect(leftOver).toEqual([]);
  });

  it('keeps the data over down and up', async () => {
    expect((await other.up()).code).toBe(0);
    const crm = new CrmClient(other);
    await crm.login();
    const customer = await crm.createCustomer();
    const { id } = await crm.earn(customer, 3);
    expect((await other.run('down')).code).toBe(0);
    expect(stable(inventory())).toEqual(stable(before));
    expect((await other.run('down')).code).toBe(0);
    expect((await other.up()).code).toBe(0);
    await other.healthy();
    expect((await crm.ledger(customer)).entries.map((entry) => entry.id)).toEqual([id]);
    expect((await other.run('down', '--purge')).code).toBe(0);
  });
});

describe('a network that another platform took while this one was down', () => {
  it('is left alone, by up and by down', async () => {
    expect((await other.up()).code).toBe(0);
    expect((await other.run('down')).code).toBe(0);
    const claim = '/run/sbmcrm/sbm0a52';
    mkdirSync(claim, { recursive: true });
    writeFileSync(
      join(claim, 'platform.json'),
      JSON.stringify({ state: '/elsewhere', network: other.network, port: 9 }),
    );
    try {
      const up = await other.up();
      expect(up.code).toBe(1);
      expect(up.stderr).toContain('used by the platform in /elsewhere');
      expect((await other.run('down', '--purge')).code).toBe(0);
      expect(existsSync(other.state)).toBe(false);
      expect(existsSync(join(claim, 'platform.json'))).toBe(true);
    } finally {
      rmSync(claim, { recursive: true, force: true });
    }
  });
});

describe('Ctrl-C in the middle of up', () => {
  it.each([
    { delay: 300, thenDown: false },
    { delay: 2000, thenDown: false },
    // While PostgreSQL's cluster is being created: what is half made must not be taken for a cluster.
    { delay: 2500, thenDown: true },
    { delay: 3500, thenDown: true },
    { delay: 5000, thenDown: false },
  ])('after $delay ms (then down: $thenDown) leaves a state from which up goes on', async ({ delay, thenDown }) => {
    const child = startSbmcrm(['up', '--state', other.state, '--network', other.network]);
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGINT');
    // Before its first line it has nothing to tidy up, and the signal itself ends it.
    expect([1, null]).toContain(await ended);
    if (thenDown) expect((await other.run('down')).code).toBe(0);
    const { code, stderr } = await other.up();
    expect(stderr).not.toContain('sbmcrm:');
    expect(code).toBe(0);
    await other.healthy();
    expect((await other.run('down', '--purge')).code).toBe(0);
    await eventually(
      'nothing is left',
      async () => JSON.stringify(stable(inventory())) === JSON.stringify(stable(before)),
      5000,
    );
  });
});
