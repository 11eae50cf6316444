import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { etcdClient, scalingKeys } from '@sbmcrm/engines';
import type { EtcdClient } from '@sbmcrm/http/etcd';
import type { PlatformEvent } from '@sbmcrm/local/events';
import { openPlatform, openWorkspace, readSecrets, type ScalingStatus } from '@sbmcrm/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { CrmClient } from './crm.ts';
import { on } from './inside.ts';
import { shared, TestPlatform, unwatched } from './platform.ts';
import { underLoad } from './under-load.ts';

// Instances that come, go, die and are replaced while the platform runs, by the spec's rules and by hand.

const MINUTE = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-scaling-'));
const spec = join(folder, 'scaling.yaml');
const scaled = new TestPlatform({ state: shared.state, network: shared.network, spec });
const crm = new CrmClient(scaled);
let etcd: EtcdClient;
let leaderKey: string;

const say = (autoScaling: string) => writeFileSync(spec, unwatched(`application: { autoScaling: ${autoScaling} }`));
const scale = (...args: string[]) => scaled.json<ScalingStatus>('scale', ...args);
const leader = async () => (await etcd.read(leaderKey))?.value;
const decisions = async () =>
  (await scaled.json<PlatformEvent[]>('events', '--since', '20m', '--kind', 'scale')).map(({ text }) => text);
const servers = async () =>
  (await scaled.status()).loadBalancer.backends
    .filter(({ state }) => state === 'healthy')
    .map(({ name }) => name)
    .sort();
const [FIRST, SECOND, THIRD, FOURTH, FIFTH] = [1, 2, 3, 4, 5].map((n) => `sbmcrm-api-0${n}`);

beforeAll(async () => {
  say('{ enabled: true, max: 6 }');
  const { code, stderr } = await scaled.up();
  expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  const { topology, paths } = openPlatform(openWorkspace({ state: shared.state, spec }));
  etcd = etcdClient(topology, readSecrets(paths));
  leaderKey = scalingKeys(topology).leader;
  // Whatever an earlier test left.
  await scale('2');
  await crm.login();
});
afterAll(async () => {
  await scaled.run('scale', '2');
  etcd.close();
  rmSync(folder, { recursive: true, force: true });
  expect((await shared.up()).code).toBe(0);
  await shared.healthy();
});

describe('instances that come and go', () => {
  it('come when somebody wants more, and no request fails', async () => {
    expect(await underLoad(() => scale('3'))).toMatchObject({ desired: 3, serving: 3, min: 2, max: 6 });
    expect(await servers()).toEqual([FIRST, SECOND, THIRD]);
    expect(await decisions()).toContainEqual(expect.stringMatching(`^${THIRD} is launched in zone a: 3 are desired`));
    await scaled.healthy();
    // They are the platform's own from now on.
    expect(await scaled.json('up')).toMatchObject({ changed: false });
  });

  it('are replaced when their host is gone, also when whoever decides hangs', async () => {
    const first = await eventually('somebody leads', leader);
    await on(first, 'sv pause /run/service/scaling');
    try {
      const before = (await scaled.status()).hosts.length;
      await underLoad(async () => {
        await scaled.json('fault', 'inject', 'stop', SECOND ?? '');
        await eventually('another one leads', async () => {
          const now = await leader();
          return now !== undefined && now !== first;
        });
        await eventually('it is replaced', async () => (await servers()).length === 3);
      });
      const { faults, hosts } = await scaled.healthy();
      expect(faults).toEqual([]);
      expect(hosts).toHaveLength(before);
      expect(await decisions()).toContainEqual(expect.stringMatching(`^${SECOND} is launched in zone b: its host`));
    } finally {
      await on(first, 'sv cont /run/service/scaling');
    }
  });

  it('are known to a load balancer that begins anew', async () => {
    const { active } = (await scaled.status()).loadBalancer;
    await scaled.json('fault', 'inject', 'kill', `${active}/haproxy`);
    await scaled.healthy();
    expect(await servers()).toEqual([FIRST, SECOND, THIRD]);
  });

  // Load balancers need minutes until they miss it, and until they have it back: `npm test -- long`.
  it.runIf(process.env.SBMCRM_LONG !== undefined)(
    'start elsewhere while their zone is lost, and are spread again after it',
    async () => {
      await scaled.json('fault', 'inject', 'stop', 'zone-b');
      const are =
        (...names: (string | undefined)[]) =>
        async () =>
          (await servers()).join() === names.join();
      await eventually('three serve without zone b', are(FIRST, THIRD, FIFTH), 2 * MINUTE);
      await scaled.json('fault', 'clear', 'all');
      await eventually('they are spread again', are(FIRST, SECOND, THIRD), 3 * MINUTE);
      await scaled.healthy();
    },
  );

  it('go when somebody wants fewer: nobody is logged out, and no request fails', async () => {
    expect(await underLoad(() => scale('2'))).toMatchObject({ desired: 2, serving: 2 });
    expect((await crm.call('GET', '/api/v1/auth/me')).status).toBe(200);
    expect(await servers()).toEqual([FIRST, SECOND]);
    expect(await decisions()).toContainEqual(expect.stringMatching(`^${THIRD} is gone: it is drained`));
    await scaled.healthy();
    expect(await scaled.json('up')).toMatchObject({ changed: false });
  });

  it('are as many as the spec says when it says something else', async () => {
    await scale('3');
    say('{ enabled: true, min: 2, max: 6, desired: 4 }');
    expect((await scaled.up()).code).toBe(0);
    await eventually('four serve', async () => (await servers()).length === 4);
    expect(await servers()).toEqual([FIRST, SECOND, THIRD, FOURTH]);
    expect(await scale()).toMatchObject({ desired: 4, max: 6, by: 'the spec' });
  });

  it('are refused in one line where there is no place for them', async () => {
    const { code, stderr } = await scaled.run('scale', '7');
    expect([code, stderr]).toEqual([2, expect.stringContaining('7 are more than at most 6: give --max 7, too')]);
    const more = await scaled.run('scale', '--max', '9');
    expect([more.code, more.stderr]).toEqual([2, expect.stringContaining('there are 6 places')]);
  });
});
