import { existsSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StatePaths } from '@sbmcrm/local';
import type { PlatformStatus, Step } from '@sbmcrm/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sbmcrm } from './cli.ts';
import { copyProject } from './copy.ts';
import { CrmClient } from './crm.ts';
import { on, psql, secrets } from './inside.ts';
import { COPY, other, shared, UNWATCHED, unwatched } from './platform.ts';
import { underLoad } from './under-load.ts';

// What the state folder or the checkout loses: hosts with their disks, disks under running hosts, files of a host's configuration.
// `up` brings them back, and who reads and writes meanwhile sees none of it.

const crm = new CrmClient(shared);
const long = it.skipIf(process.env.SBMCRM_LONG === undefined);
const folder = (host: string) => new StatePaths(shared.state).host(host);

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
});

afterEach(async () => {
  await shared.json('fault', 'clear', 'all');
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

const steps = async () => (await shared.json<{ steps: Step[] }>('up', '--network', shared.network)).steps;

const isUnused = ({ database, cache, loadBalancer }: PlatformStatus) => ({
  standby: database.members.find(({ role }) => role === 'standby')?.name ?? '',
  cache: cache.members.find(({ role }) => role === 'standby')?.name ?? '',
  balancer: loadBalancer.active === 'lb-a' ? 'lb-b' : 'lb-a',
});

describe('hosts that somebody deleted with their disks', () => {
  it('come back, the member of etcd among them as a new one', async () => {
    const before = await shared.healthy();
    const { standby, cache, balancer } = isUnused(before);
    const hosts = [standby, cache, balancer, 'quorum-b', 'sbmcrm-api-02'];
    const customer = await crm.createCustomer();
    const after = await underLoad(async () => {
      await shared.json('fault', 'inject', 'stop', ...hosts);
      for (const host of hosts) rmSync(folder(host).root, { recursive: true });
      const { problems } = await shared.status();
      const missing = problems.filter(({ code }) => code === 'HOST_MISSING').map(({ host }) => host);
      expect(missing.sort()).toEqual([...hosts].sort());
      expect(await steps()).toContainEqual(expect.objectContaining({ do: 'repair', host: 'quorum-b', part: 'quorum' }));
      return shared.healthy();
    });
    expect(after.database.primary).toBe(before.database.primary);
    expect(after.quorum.etcd).toEqual({ up: 3, of: 3 });
    expect((await crm.readOwn(`/api/v1/customers/${customer}`)).status).toBe(200);
  });
});

describe('disks that were deleted under running hosts', () => {
  long('are renewed one of a kind at a time: nothing is lost with all of them', async () => {
    await shared.healthy();
    const hosts = ['postgres-a', 'postgres-b', 'redis-a', 'redis-b', 'quorum-a', 'quorum-b', 'quorum-c'];
    const customer = await crm.createCustomer();
    const cachePrimary = (await shared.status()).cache.primary ?? '';
    const redis = `export REDISCLI_AUTH=${secrets().redis}; redis-cli --no-auth-warning`;
    await on(cachePrimary, `${redis} set kept yes`);
    await underLoad(async () => {
      for (const host of hosts) unlinkSync(folder(host).disk);
      const { problems } = await shared.status();
      expect(problems.filter(({ code }) => code === 'HOST_DISK_GONE')).toHaveLength(hosts.length);
      expect(await shared.run('down')).toMatchObject({ code: 1, stderr: expect.stringMatching(/goes when it stops/) });
      const renewed = (await steps()).flatMap((step) => (step.do === 'renew-host' ? [step.host] : []));
      expect(renewed.sort()).toEqual([...hosts].sort());
      await shared.healthy();
    });
    for (const host of hosts) expect(existsSync(folder(host).disk)).toBe(true);
    expect(await on((await shared.status()).cache.primary ?? '', `${redis} get kept`)).toBe('yes');
    expect((await crm.readOwn(`/api/v1/customers/${customer}`)).status).toBe(200);
  });
});

describe('files of a host’s configuration', () => {
  it('that are damaged are told with what their service says of them, and written again', async () => {
    writeFileSync(join(folder('quorum-b').config, 'etcd/server.crt'), 'no certificate');
    await on('quorum-b', 'sv restart /run/service/etcd || :');
    await shared.until('etcd says why', ({ problems }) =>
      problems.some(({ code, text }) => code === 'SERVICE_DOWN' && /quorum-b\/etcd is down: .*PEM/.test(text)),
    );
    expect(await steps()).toContainEqual({ do: 'take-over', host: 'quorum-b', services: ['etcd'] });
    await shared.healthy();
    expect(await steps()).toEqual([]);
  });

  long('that have certificates of another authority: one `up` brings the right ones to all', async () => {
    await shared.healthy();
    const { tls, ...rest } = secrets();
    // As after ten years: what is there has ended, and what comes is not accepted by what runs.
    writeFileSync(new StatePaths(shared.state).secrets, JSON.stringify({ ...rest, tls: { ...tls, serverCert: '' } }));
    expect((await shared.run('up', '--dry-run')).stdout).toMatch(/Make new certificates for etcd/);
    const done = await underLoad(steps);
    expect(done).toContainEqual({ do: 'make-certificates' });
    expect(done).toContainEqual({ do: 'take-over', host: 'quorum-c', services: ['etcd', 'witness'] });
    await shared.healthy();
  });
});

describe('a copy of the database that is being made', () => {
  const LOG = "grep -E 'copying the server|kB' /var/log/sbmcrm/patroni/current | tail -n 60";

  long('begins anew from another one when its source is lost, over a link that loses packets', async () => {
    const { database } = await shared.healthy();
    const primary = database.primary ?? '';
    await psql(
      primary,
      'CREATE TABLE filling AS SELECT g, repeat(md5(g::text), 30) FROM generate_series(1, 600000) g',
      'CHECKPOINT',
    );
    await shared.json('fault', 'inject', 'slow', 'replica-b', '--loss', '8%');
    const repair = shared.start('repair', 'replica-b', '--force');
    await expect
      .poll(() => on('replica-b', LOG), { timeout: 60_000, interval: 500 })
      .toMatch(/copying the server of replica-a[\s\S]*\((1[5-9]|[2-8]\d)%\)/);
    await shared.json('fault', 'inject', 'stop', 'replica-a');
    await repair.ended;
    expect(repair.stderr).toMatch(/✔ PostgreSQL’s data on replica-b/);
    expect(await on('replica-b', `${LOG} | grep copying | tail -n 1`)).toMatch(/copying the server of (?!replica-a)/);
    await shared.json('fault', 'clear', 'all');
    expect((await shared.up()).code).toBe(0);
    await shared.healthy();
    await psql(primary, 'DROP TABLE filling');
  });
});

describe.runIf(process.env.SBMCRM_LONG)('another checkout', () => {
  const fromCopy = (...[command = '', ...rest]: string[]) =>
    sbmcrm([command, '--state', shared.state, '--spec', UNWATCHED, ...rest], {
      cwd: COPY,
      cli: join(COPY, 'packages/cli/bin/sbmcrm.js'),
    });
  const restarted = (list: Step[]) => list.flatMap((step) => (step.do === 'renew-host' ? [step.because] : []));

  afterAll(() => rmSync(COPY, { recursive: true, force: true }));

  it('takes the platform over: hosts that run the code of the first one are started again, one of a kind at a time', async () => {
    await shared.healthy();
    copyProject();
    await underLoad(async () => {
      const { code, stdout, stderr } = await fromCopy('up', '--json', '--network', shared.network);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      // All but the caches run some of it.
      expect(restarted(JSON.parse(stdout).steps)).toEqual(Array(11).fill('code'));
      await shared.healthy();
      expect(restarted(await steps())).toHaveLength(11);
      await shared.healthy();
    });
  });
});

describe.runIf(process.env.SBMCRM_LONG)('eight read replicas', () => {
  const spec = join('/tmp', `sbmcrm-eight-${process.pid}.yaml`);
  const replicas = [...'abababab'].map((zone) => `    - { zone: ${zone} }`).join('\n');
  const run = ([command = '', ...rest]: string[]) => other.run(command, '--spec', spec, ...rest);

  afterAll(async () => {
    await run(['down', '--purge']);
    rmSync(spec, { force: true });
  });

  it('are fed, rebuilt, and follow another primary', async () => {
    writeFileSync(spec, unwatched(`platform: eight\ndatabase:\n  readReplicas:\n${replicas}`));
    expect((await run(['check'])).stdout).toMatch(/0 errors/);
    expect(await run(['up', '--network', other.network])).toMatchObject({ code: 0 });
    const seen = async () => JSON.parse((await run(['status', '--json'])).stdout) as PlatformStatus;
    const following = async () => {
      const { state, database } = await seen();
      return { state, running: database.members.filter((each) => each.state === 'running').length };
    };
    expect(await following()).toEqual({ state: 'healthy', running: 10 });
    expect((await run(['switchover', 'database', '--to', 'postgres-b'])).code).toBe(0);
    await expect.poll(following, { timeout: 60_000, interval: 1000 }).toEqual({ state: 'healthy', running: 10 });
    expect((await seen()).database.members.every(({ timeline }) => timeline === 2)).toBe(true);
    expect((await run(['repair', 'replica-b-4', '--force'])).code).toBe(0);
    expect(await following()).toEqual({ state: 'healthy', running: 10 });
  });
});
