import { expect, it } from 'vitest';
import { random } from '../fixture.ts';
import type { Task } from './due.ts';
import { type Answer, LEASE_S, Scheduler, type Store } from './scheduler.ts';

const HOUR = 3_600_000;
const STEP_MS = 5000;
const RUN_MS = 40 * HOUR;
/** After so long with a quorum and a cloud that answer, what is due has begun. */
const CALM_MS = LEASE_S * 1000 + 4 * STEP_MS;

const everyHours = (hours: number, name: string): Task => ({
  name,
  when: `${hours} h`,
  times: { latest: (now) => Math.floor(now / (hours * HOUR)) * hours * HOUR },
});
const TASKS = [everyHours(1, 'hourly'), everyHours(5, 'seldom')];

/** etcd for whoever reaches it, on the simulation's clock. */
class Etcd {
  nowMs = 0;
  isAway = false;
  #revision = 1;
  readonly #keys = new Map<string, { value: string; revision: number; lease: string; untilMs: number }>();

  store(isCut: () => boolean): Store {
    const there = () => {
      if (this.isAway || isCut()) throw new Error('no member of etcd answers');
    };
    const get = (key: string) => {
      const found = this.#keys.get(key);
      if (found && found.untilMs <= this.nowMs) this.#keys.delete(key);
      return this.#keys.get(key);
    };
    const put = (key: string, value: string, leaseS: number) => {
      this.#revision += 1;
      const untilMs = this.nowMs + leaseS * 1000;
      this.#keys.set(key, { value, revision: this.#revision, lease: key, untilMs });
    };
    return {
      read: async (key) => {
        there();
        return get(key);
      },
      writeLeased: async (key, value, revision, leaseS) => {
        there();
        if ((get(key)?.revision ?? 0) !== revision) return false;
        put(key, value, leaseS);
        return true;
      },
      write: async (key, value, revision, unchanged) => {
        there();
        if ((get(key)?.revision ?? 0) !== revision || get(unchanged.key)?.revision !== unchanged.revision) return false;
        put(key, value, Number.POSITIVE_INFINITY);
        return true;
      },
      keepAlive: async (lease) => {
        there();
        const found = get(lease);
        if (found) found.untilMs = this.nowMs + LEASE_S * 1000;
        return found !== undefined;
      },
    };
  }
}

/** Runs what a seed says: hosts that freeze, are cut off or begin anew, a quorum and a cloud that are away, a clock that jumps. */
async function run(seed: number, isIdempotent = true): Promise<string | undefined> {
  const next = random(seed);
  const etcd = new Etcd();
  const began = new Map(TASKS.map(({ name }) => [name, 0]));
  const begun: string[] = [];
  let cloudAway = 0;
  let quorumAway = 0;
  let busyUntil = 0;
  let jumped = 0;
  let troubledMs = 0;
  const hosts = ['a', 'b', 'c'].map((name) => ({ name, frozenUntil: 0, cutUntil: 0 }));
  const clock = () => etcd.nowMs + jumped;
  const ask = async (name: string, dueMs: number): Promise<Answer> => {
    if (cloudAway > etcd.nowMs) throw new Error('the cloud does not answer');
    if (isIdempotent && (began.get(name) ?? 0) >= dueMs) return { did: 'begun' };
    if (busyUntil > etcd.nowMs) return { did: 'later', because: 'another task runs' };
    began.set(name, dueMs);
    begun.push(`${name} ${dueMs}`);
    busyUntil = etcd.nowMs + 60_000;
    // The answer is lost now and then.
    if (next() < 0.2) throw new Error('aborted');
    return { did: 'begun' };
  };
  const make = (host: (typeof hosts)[number]) =>
    new Scheduler({
      name: host.name,
      tasks: TASKS,
      keys: { leader: 'leader', known: 'known' },
      store: etcd.store(() => host.cutUntil > etcd.nowMs),
      run: ask,
      now: clock,
      log: () => {},
    });
  const schedulers = hosts.map(make);
  for (; etcd.nowMs < RUN_MS; etcd.nowMs += STEP_MS) {
    const { nowMs } = etcd;
    if (nowMs > 2 * CALM_MS && next() < STEP_MS / (20 * 60_000)) {
      const until = nowMs + next() * (next() < 0.1 ? 3 * HOUR : 120_000);
      const index = Math.floor(next() * 3);
      const host = hosts[index];
      const what = next();
      if (!host) continue;
      if (what < 0.3) host.frozenUntil = until;
      else if (what < 0.5) host.cutUntil = until;
      else if (what < 0.6) schedulers[index] = make(host);
      else if (what < 0.75) quorumAway = until;
      else if (what < 0.9) cloudAway = until;
      else {
        jumped += (next() - 0.5) * 2 * HOUR;
        troubledMs = nowMs;
      }
    }
    etcd.isAway = quorumAway > nowMs;
    // At once: between what one reads and writes the others do the same.
    await Promise.all(hosts.map((host, at) => (host.frozenUntil <= nowMs ? schedulers[at]?.look() : undefined)));
    const isTroubled =
      etcd.isAway ||
      cloudAway > nowMs ||
      hosts.every(({ cutUntil, frozenUntil }) => Math.max(cutUntil, frozenUntil) > nowMs);
    if (isTroubled) troubledMs = nowMs;
    if (nowMs - troubledMs < CALM_MS + 120_000 || nowMs < 2 * HOUR) continue;
    for (const { name, times } of TASKS) {
      const due = times.latest(clock() - CALM_MS - 120_000) ?? 0;
      if ((began.get(name) ?? 0) < due) return `seed ${seed}, ${nowMs} ms: ${name} did not begin`;
    }
  }
  return new Set(begun).size === begun.length ? undefined : `seed ${seed}: something began twice`;
}

it('begins each task once for each time, whatever happens to who leads', async () => {
  for (let seed = 1; seed <= 25; seed += 1) expect(await run(seed)).toBeUndefined();
});

it('would begin tasks twice, did nobody know what was begun already', async () => {
  const found: (string | undefined)[] = [];
  for (let seed = 1; seed <= 5; seed += 1) found.push(await run(seed, false));
  expect(found.some((each) => each?.includes('twice'))).toBe(true);
});
