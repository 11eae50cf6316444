import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskStatus } from '@sbmcrm/cloud';
import { etcdClient } from '@sbmcrm/engines';
import type { EtcdClient } from '@sbmcrm/http/etcd';
import { StatePaths } from '@sbmcrm/local';
import type { PlatformEvent } from '@sbmcrm/local/events';
import { openPlatform, openWorkspace, readSecrets } from '@sbmcrm/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { on } from './inside.ts';
import { shared, TestPlatform, unwatched } from './platform.ts';

const DRILL = 'cache-host-loss';
const ZONES = ['a', 'b', 'c'] as const;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

interface Listed {
  name: string;
  next: string | null;
  last: TaskStatus | null;
}

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-schedule-'));
const spec = join(folder, 'schedule.yaml');
const planned = new TestPlatform({ state: shared.state, network: shared.network, spec });

let etcd: EtcdClient;

const say = (at: string) =>
  writeFileSync(spec, unwatched(`drills: { schedule: [{ drill: ${DRILL}, at: "${at}", rate: 10 }] }`));
const task = async () => (await planned.json<Listed[]>('schedule', 'list'))[0];
/** Who has the lease, by etcd. */
const leader = async () => (await etcd.read('/sbmcrm/schedule/leader'))?.value;

const events = () => planned.json<PlatformEvent[]>('events', '--since', '10m');

describe('a drill on a schedule', () => {
  /** When it is due, in milliseconds since the epoch: time enough for what comes before. */
  const dueMs = Math.ceil((Date.now() + 100 * SECOND) / MINUTE) * MINUTE;

  beforeAll(async () => {
    const at = new Date(dueMs);
    say(`${at.getUTCMinutes()} ${at.getUTCHours()} * * *`);
    const { code, stderr } = await planned.up();
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
    const { topology, paths } = openPlatform(openWorkspace({ state: shared.state, spec }));
    etcd = etcdClient(topology, readSecrets(paths));
  });
  afterAll(async () => {
    etcd.close();
    rmSync(folder, { recursive: true, force: true });
    expect((await shared.up()).code).toBe(0);
    await shared.healthy();
  });

  it('waits for its time under whoever leads: the next one, when the first one hangs', async () => {
    expect(await task()).toMatchObject({ name: DRILL, next: new Date(dueMs).toISOString(), last: null });
    const first = await eventually('somebody leads', leader);
    await on(first, 'sv pause /run/service/scheduler');
    const next = await eventually('another one leads', async () => {
      const now = await leader();
      return now === first ? undefined : now;
    });
    await on(first, 'sv cont /run/service/scheduler');
    await planned.healthy();
    expect(await leader()).toBe(next);
    expect(ZONES.map((zone) => `quorum-${zone}`)).toContain(next);
  });

  it('runs once, and says what came of it', async () => {
    const last = await eventually(
      'it has run',
      async () => {
        const seen = (await task())?.last;
        return seen && seen.state !== 'running' ? seen : undefined;
      },
      Math.max(0, dueMs - Date.now()) + 5 * MINUTE,
    );
    expect(last).toMatchObject({
      due: new Date(dueMs).toISOString(),
      state: 'passed',
      text: expect.stringMatching(/^nothing failed/),
    });
    expect(existsSync(/\((.+)\)$/.exec(last.text)?.[1] ?? '')).toBe(true);
    const done = (await events()).filter(({ by }) => by === 'the schedule');
    expect(done.map(({ kind, state }) => [kind, state])).toEqual([
      ['task', undefined],
      ['command', 'done'],
    ]);
    // Nobody watches this platform: that a role moved is known all the same.
    await eventually('who is the primary of the cache is in the log', async () =>
      (await events()).some(
        ({ kind, text }) => kind === 'role' && /^the primary of the cache is redis-[ab] now/.test(text),
      ),
    );
    // etcd knows that it is dealt with, and the next one is a day later.
    const known = await etcd.read('/sbmcrm/schedule/known');
    expect(JSON.parse(known?.value ?? '')).toMatchObject({ [DRILL]: { upToMs: dueMs } });
    expect((await task())?.next).toBe(new Date(dueMs + 24 * 60 * MINUTE).toISOString());
  });

  it.runIf(process.env.SBMCRM_LONG)('has the spec as it was afterwards, also when the drill changes it', async () => {
    writeFileSync(spec, unwatched('drills: { schedule: [{ drill: dependency-outage, at: "0 4 29 2 *", rate: 10 }] }'));
    expect((await planned.up()).code).toBe(0);
    const { appliedSpec, drillSpec } = new StatePaths(shared.state);
    const before = readFileSync(appliedSpec, 'utf8');
    const { code, stdout, stderr } = await planned.run('schedule', 'run', 'dependency-outage');
    expect(`${code} ${code === 0 ? '' : stdout + stderr}`).toBe('0 ');
    expect(readFileSync(appliedSpec, 'utf8')).toBe(before);
    expect(existsSync(drillSpec)).toBe(false);
    expect((await planned.json<{ changed: boolean }>('up')).changed).toBe(false);
  });

  it('is not run where there is no such drill, or where it runs by itself only by chance', async () => {
    for (const drill of ['database-host-los', 'soak']) {
      const file = join(folder, 'bad.yaml');
      writeFileSync(file, unwatched(`drills: { schedule: [{ drill: ${drill}, at: "0 4 * * *" }] }`));
      for (const command of ['check', 'up']) {
        const { code, stderr } = await shared.run(command, '--spec', file);
        expect(code).toBe(2);
        expect(stderr).toMatch(
          new RegExp(
            `^sbmcrm: \\S+bad\\.yaml drills\\.schedule\\[0\\]\\.drill: no drill that runs by itself is called "${drill}"`,
          ),
        );
      }
    }
  });
});
