import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CloudTokens, type Fault, SCOPES } from '@sbmcrm/cloud';
import { LocalCloud, lockState, Runtime, removeNetwork, runtimeDir, StatePaths } from '@sbmcrm/local';
import { hostImage, openPlatform, openWorkspace, type Step } from '@sbmcrm/platform';
import { apiHost, hostAddresses, planNetwork, ZONES } from '@sbmcrm/topology';
import { beforeAll, describe, expect, it } from 'vitest';
import { HostManager } from '../../packages/local/src/host/manager.ts';
import { trimDisks } from '../../packages/local/src/host/trim.ts';
import { eventually, sbmcrm } from './cli.ts';
import { CrmClient } from './crm.ts';
import { daemonOf, killDaemon } from './daemon.ts';
import { firewall, shared, UNWATCHED } from './platform.ts';

const paths = new StatePaths(shared.state);
const crm = new CrmClient(shared);
let customer = '';

beforeAll(async () => {
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
  await crm.login();
  customer = await crm.createCustomer();
});

describe('up', () => {
  it('changes nothing when there is nothing to change', async () => {
    expect(await shared.json('up', '--dry-run')).toEqual({ steps: [] });
    expect(await shared.json('up')).toMatchObject({ changed: false, steps: [] });
  });

  it('refuses the subnet of another platform', async () => {
    const state = join(tmpdir(), `sbmcrm-taken-${process.pid}`);
    const { code, stderr } = await sbmcrm(['up', '--network', shared.network, '--state', state]);
    expect(stderr.trim()).toContain(`used by the platform in ${shared.state}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect({ code, isThere: existsSync(state) }).toEqual({ code: 1, isThere: false });
  });

  it('refuses while another command changes the platform, and names its pid', async () => {
    const unlock = lockState(paths, 'up');
    try {
      const { code, stderr } = await shared.up();
      expect(code).toBe(1);
      expect(stderr).toContain(`process ${process.pid}`);
    } finally {
      unlock();
    }
  });

  it('starts again what was killed, and what is stopped; the faults are over', async () => {
    await shared.json('fault', 'inject', 'stop', 'quorum-a');
    await shared.json('fault', 'inject', 'stop', 'replica-b');
    await shared.json('fault', 'inject', 'kill', 'redis-a/redis');
    expect((await shared.up()).code).toBe(0);
    expect((await shared.healthy()).faults).toEqual([]);
  });

  it('brings everything back with its data after a power failure of the whole machine', async () => {
    const { id } = await crm.earn(customer, 7);
    const plan = planNetwork(shared.network);
    const runtime = new Runtime(plan);
    killDaemon(shared, { forGood: true });
    for (const pid of [...(await runtime.list()).keys()].flatMap((host) => runtime.processes(host))) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // died with its host's first process
      }
    }
    await removeNetwork(plan);
    rmSync(runtimeDir(plan), { recursive: true, force: true });
    const { steps } = await shared.json<{ steps: Step[] }>('up', '--dry-run');
    expect(steps.map((step) => step.do)).toEqual(['connect', 'start-cloud', 'start-hosts']);
    expect(steps.at(-1)).toMatchObject({ first: expect.stringMatching(/^postgres-/) });
    expect((await shared.status()).state).toBe('down');
    expect(await shared.json('up')).toMatchObject({ changed: true, steps });
    await shared.healthy();
    expect((await crm.ledger(customer)).entries.map((entry) => entry.id)).toContain(id);
  });
});

describe('the local cloud', () => {
  it('gives back to the machine what a host has deleted on its disk', async () => {
    const image = hostImage();
    if (!image) throw new Error('there is no image');
    const plan = planNetwork(shared.network);
    const hosts = new HostManager({ plan, paths, image, codeRoot: '', runtime: new Runtime(plan) });
    const megabytes = () => statSync(paths.host('redis-b').disk).blocks / 2048;
    const before = megabytes();
    const write = 'head -c 100M /dev/urandom > /data/big && sync /data/big';
    expect((await shared.run('exec', 'redis-b', '--', 'sh', '-c', write)).code).toBe(0);
    expect(megabytes()).toBeGreaterThan(before + 90);
    expect((await shared.run('exec', 'redis-b', '--', 'sh', '-c', 'rm /data/big && sync')).code).toBe(0);
    await trimDisks(hosts);
    expect(megabytes()).toBeLessThan(before + 50);
    await shared.healthy();
  });

  it('may be killed: the CRM goes on, the next daemon adopts the hosts and knows the faults', async () => {
    const inject = (...args: string[]) => shared.json<Fault>('fault', 'inject', ...args);
    const lasting: Fault[] = [];
    const idle = (await shared.status()).loadBalancer.active === 'lb-a' ? 'lb-b' : 'lb-a';
    for (const args of [
      ['isolate', idle],
      ['cut', 'a-c'],
      ['slow', 'redis-b', '--loss', '20%'],
      // Not where something writes all the time: it would rightly give up.
      ['fill', 'sbmcrm-api-01'],
      ['pause', 'replica-b'],
      ['kill', 'sbmcrm-api-02/api', '--for', '10m'],
    ]) {
      lasting.push(await inject(...args));
    }
    const before = (await shared.status()).hosts;
    const { pid } = daemonOf(shared);
    killDaemon(shared);
    expect((await crm.call('GET', '/api/v1/auth/me')).status).toBe(200);
    // Nobody's command: its supervisor.
    await eventually('there is another daemon', async () => {
      const answers = await shared.run('fault', 'list');
      return answers.code === 0 && daemonOf(shared).pid !== pid;
    });
    const after = await shared.status();
    const ids = (faults: readonly { id: string }[]) => faults.map((each) => each.id);
    expect(ids(after.faults)).toEqual(ids(lasting));
    const pids = (hosts: typeof before) =>
      hosts.flatMap((host) => host.services.map((service) => `${host.name}/${service.name} ${service.pid}`));
    expect(pids(after.hosts)).toEqual(pids(before));

    // Without its supervisor it stays away. What runs out meanwhile is over with the next one.
    await inject('stop', 'replica-a');
    const short = [await inject('isolate', 'quorum-b', '--for', '2s'), await inject('fill', 'quorum-b', '--for', '2s')];
    killDaemon(shared, { forGood: true });
    const over = Math.max(...short.map((fault) => Date.parse(fault.until ?? '')));
    await eventually('they would be over', async () => Date.now() > over);
    expect((await shared.up()).code).toBe(0);
    // `up` starts what is stopped, which ends that fault; it leaves the others.
    expect(ids((await shared.status()).faults)).toEqual(ids(lasting));
    expect(firewall().match(/drop/g)?.length).toBe(2 + 2 + 2); // isolate, cut, slow
    await shared.heal();
    expect(firewall()).not.toContain('drop');
    expect(globSync(`${paths.hosts}/*/ballast`)).toEqual([]);
  });

  it('answers only who has a token, and does for each what it may', async () => {
    const tokens = JSON.parse(readFileSync(paths.cloudTokens, 'utf8')) as CloudTokens;
    const refused = { status: 403, code: 'FORBIDDEN' };
    const DUE = '2026-01-01T00:00:00Z';
    /** A holder of one token that tries everything with it. */
    const holder = (token: string) =>
      new LocalCloud(
        paths,
        { network: shared.network },
        {
          observe: token,
          operate: token,
          fence: token,
          inject: token,
          schedule: token,
          scale: token,
        },
        hostImage,
      );
    await expect(holder('guess').listHosts()).rejects.toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    for (const scope of SCOPES) {
      const cloud = holder(tokens[scope]);
      expect((await cloud.listHosts()).length).toBeGreaterThan(0);
      if (scope !== 'operate') await expect(cloud.stopHost('replica-a')).rejects.toMatchObject(refused);
      if (scope !== 'operate') await expect(cloud.access.readDisk?.('replica-a', 'x')).rejects.toMatchObject(refused);
      if (scope !== 'operate') await expect(cloud.detachBackend('sbmcrm-api-02')).rejects.toMatchObject(refused);
      if (scope !== 'fence') await expect(cloud.fence('replica-a', 'x')).rejects.toMatchObject(refused);
      if (scope !== 'inject')
        await expect(cloud.injectFaults([{ kind: 'stop', target: 'replica-a' }])).rejects.toMatchObject(refused);
      if (scope !== 'schedule') await expect(cloud.tasks.run('x', DUE)).rejects.toMatchObject(refused);
      else await expect(cloud.tasks.run('x', DUE)).rejects.toMatchObject({ status: 404, code: 'UNKNOWN_TASK' });
      if (scope !== 'scale') await expect(cloud.fleet.launch('x', 'why')).rejects.toMatchObject(refused);
      else await expect(cloud.fleet.terminate('x', 'why')).rejects.toMatchObject({ code: 'UNKNOWN_PLACE' });
      if (scope !== 'operate' && scope !== 'fence')
        await expect(cloud.startHost('replica-a')).rejects.toMatchObject(refused);
      else await cloud.startHost('replica-a'); // it runs
    }
    expect((await shared.status()).state).toBe('healthy');
  });

  it('has servers that are added at run time: `up`, status and the load balancers know them', async () => {
    const { cloud, topology } = openPlatform(openWorkspace({ state: shared.state, spec: UNWATCHED }));
    const slot = topology.apiSlots.find(({ initial }) => !initial);
    const like = topology.hosts.find(({ role }) => role === 'api');
    if (!slot || !like) throw new Error('the spec leaves no slot');
    // Whoever adds one need not know what a server is made of.
    const { name, region, zone, address, managementAddress, size } = apiHost(topology, slot, like.size);
    const nothing = { services: [], hosts: '', networkAdmin: false, code: false };
    await cloud.createHost({ name, region, zone, address, managementAddress, size, ...nothing });
    try {
      const { steps } = await shared.json<{ steps: Step[] }>('up');
      expect(steps).toContainEqual({ do: 'start-hosts', hosts: [slot.name] });
      const { loadBalancer, hosts } = await shared.healthy();
      expect(loadBalancer.backends).toContainEqual({ name: slot.name, state: 'healthy' });
      expect(hosts.find(({ name }) => name === slot.name)?.services.map(({ name }) => name)).toEqual(['router', 'api']);
      expect(await shared.json('up')).toMatchObject({ changed: false });
    } finally {
      await cloud.deleteHost(slot.name);
    }
    expect((await shared.up()).code).toBe(0);
    expect((await shared.healthy()).loadBalancer.backends).toHaveLength(2);
  });

  it('gives a host a disk of the size that it wants, and more room when that grows', async () => {
    const { cloud } = openPlatform(openWorkspace({ state: shared.state, spec: UNWATCHED }));
    const MB = 1024 ** 2;
    const name = 'roomy';
    const start = async (disk: number) => {
      await cloud.stopHost(name).catch(() => {}); // at first there is none
      await cloud.createHost({
        name,
        region: 'secondary',
        zone: 'd',
        ...hostAddresses(planNetwork(shared.network), ZONES.d.number, 10),
        services: [{ name: 'work', run: '#!/bin/sh\nexec sleep infinity\n', files: [] }],
        hosts: '',
        networkAdmin: false,
        code: false,
        size: { cpus: 1, memory: 64 * MB, disk },
      });
      await cloud.startHost(name);
    };
    const on = async (...command: string[]) => (await shared.run('exec', name, '--', ...command)).stdout.trim();
    const size = async () => Number((await on('df', '--output=size', '-B1', '/data')).split('\n').at(-1)) / MB;
    try {
      await start(128 * MB);
      expect(await size()).toBeLessThanOrEqual(128);
      await on('sh', '-c', 'echo kept > /data/file');
      await start(512 * MB);
      expect(await size()).toBeGreaterThan(400);
      expect(await on('cat', '/data/file')).toBe('kept');
      // A smaller one would lose what is on it.
      await start(128 * MB);
      expect(await size()).toBeGreaterThan(400);
      expect(await cloud.hostState(name)).toMatchObject({ region: 'secondary', zone: 'd', state: 'running' });
    } finally {
      await cloud.deleteHost(name);
    }
  });

  it('attaches, drains and detaches a backend', async () => {
    const { cloud, topology } = openPlatform(openWorkspace({ state: shared.state, spec: UNWATCHED }));
    const host = topology.hosts.find((each) => each.name === 'sbmcrm-api-02');
    const states = async () => Object.fromEntries((await cloud.listBackends()).map((each) => [each.name, each.state]));
    await cloud.drainBackend('sbmcrm-api-02');
    await eventually('it drains', async () => (await states())['sbmcrm-api-02'] === 'draining');
    await cloud.detachBackend('sbmcrm-api-02');
    expect(Object.keys(await states())).toEqual(['sbmcrm-api-01']);
    expect((await crm.call('GET', '/api/v1/auth/me')).status).toBe(200);
    await cloud.attachBackend('sbmcrm-api-02', host?.address ?? '', 8080);
    await shared.healthy();
  });
});

describe('the state folder', () => {
  it('keeps secrets for root alone', () => {
    for (const file of [paths.secrets, paths.cloudTokens]) expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(paths.root).mode & 0o077).toBe(0);
  });

  it('has no secret in any log', () => {
    const secrets = Object.values(JSON.parse(readFileSync(paths.secrets, 'utf8')) as Record<string, unknown>).filter(
      (value): value is string => typeof value === 'string' && !value.includes('@'),
    );
    const { hosts } = paths;
    for (const secret of secrets) {
      const found = execFileSync('sh', ['-c', 'grep -rlF -e "$1" "$2"/*/log || true', 'sh', secret, hosts], {
        encoding: 'utf8',
      });
      expect(found).toBe('');
    }
  });
});
