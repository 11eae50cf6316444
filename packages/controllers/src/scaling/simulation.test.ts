import { fromSpec } from '@sbmcrm/spec/capacity';
import { expect, it } from 'vitest';
import { MINUTE, POLICY, SimulatedFleet } from './fixture.ts';
import { Scaling, type Store } from './scaling.ts';

const HOUR = 60 * MINUTE;
const STEP_MS = 10_000;
/** `SBMCRM_LONG=1` for all of the ten thousand. */
const HOURS = process.env.SBMCRM_LONG ? 10_000 : 400;
const RUN_HOURS = 50;

const SPEC = { min: 2, max: 10, desired: 2 };
const KEYS = { leader: 'leader', capacity: 'capacity', memory: 'memory' };

/** etcd of one leader: it never loses its lease, which the scheduler's simulation shows. */
class Etcd implements Store {
  readonly keys = new Map<string, { value: string; revision: number; lease: string }>();
  #revision = 1;
  async read(key: string) {
    return this.keys.get(key);
  }
  async writeLeased(key: string, value: string) {
    return this.write(key, value, 0);
  }
  async write(key: string, value: string, revision: number) {
    if ((this.keys.get(key)?.revision ?? 0) !== revision) return false;
    this.#revision += 1;
    this.keys.set(key, { value, revision: this.#revision, lease: key });
    return true;
  }
  async keepAlive() {
    return true;
  }
}

class Run {
  readonly fleet: SimulatedFleet;
  readonly etcd = new Etcd();
  #scaling: Scaling;
  readonly launches: number[] = [];
  /** When desired became what. */
  readonly changes: { atMs: number; desired: number }[] = [];
  /** Why an invariant does not hold. */
  wrong: string | undefined;

  constructor(seed: number, initial = 2) {
    this.fleet = new SimulatedFleet(seed, SPEC.max, initial);
    this.#scaling = this.make();
  }

  make(): Scaling {
    const { fleet } = this;
    return new Scaling({
      name: 'one',
      policy: POLICY,
      spec: SPEC,
      schedule: { of: '', entries: [] },
      keys: KEYS,
      store: this.etcd,
      fleet: {
        list: async () => fleet.list(),
        launch: async (name) => {
          fleet.launch(name);
          this.launches.push(fleet.nowMs);
          if (fleet.staying.length > SPEC.max) this.fail(`${fleet.staying.length} instances`);
        },
        drain: async (name) => {
          const place = fleet.places.find((each) => each.name === name);
          fleet.drain(name);
          const left = fleet.serving.filter(({ zone }) => zone === place?.zone).length;
          if (left === 0) this.fail(`the last of zone ${place?.zone} goes`);
        },
        terminate: async (name) => {
          const place = fleet.places.find((each) => each.name === name);
          if (place && fleet.serving.includes(place)) this.fail(`${name} serves, and is ended`);
          if (fleet.isShared && place?.host && !place.host.leaves && !place.host.isDead)
            this.fail(`${name} is replaced while what all share is broken`);
          fleet.terminate(name);
        },
      },
      now: () => fleet.nowMs,
      log: () => {},
    });
  }

  /** Another one leads from now on. */
  changeLeader(): void {
    this.#scaling = this.make();
  }

  fail(text: string): void {
    this.wrong ??= `${new Date(this.fleet.nowMs).toISOString()}: ${text}`;
  }

  get capacity() {
    return JSON.parse(this.etcd.keys.get(KEYS.capacity)?.value ?? JSON.stringify(fromSpec(SPEC, 0)));
  }
  get desired(): number {
    return this.capacity.desired;
  }

  async step(isAway = false): Promise<void> {
    const before = this.desired;
    this.fleet.pass(STEP_MS);
    if (!isAway) await this.#scaling.look();
    const { desired } = this;
    if (desired !== before) this.changes.push({ atMs: this.fleet.nowMs, desired });
    if (desired < SPEC.min || desired > SPEC.max) this.fail(`${desired} are desired`);
    while ((this.launches[0] ?? Number.POSITIVE_INFINITY) < this.fleet.nowMs - HOUR) this.launches.shift();
    if (this.launches.length > 2 * SPEC.max + 4) this.fail(`${this.launches.length} launches within an hour`);
  }

  async pass(milliseconds: number): Promise<void> {
    for (let done = 0; done < milliseconds; done += STEP_MS) await this.step();
  }
}

/** Trouble of a seed for so many hours; at the end it is calm, and all must be as it is wanted. */
async function troubled(seed: number): Promise<string | undefined> {
  const run = new Run(seed);
  const { fleet } = run;
  const { next } = fleet;
  const until = new Map<string, number>();
  const lasts = (what: string) => (until.get(what) ?? 0) > fleet.nowMs;
  const endMs = fleet.nowMs + RUN_HOURS * HOUR;
  while (fleet.nowMs < endMs) {
    if (next() < STEP_MS / (20 * MINUTE)) {
      const what = Math.floor(next() * 12);
      const place = fleet.places[Math.floor(next() * fleet.places.length)];
      const till = fleet.nowMs + next() * (next() < 0.1 ? HOUR : 10 * MINUTE);
      if (what === 0 && place?.host) place.host.isDead = true;
      if (what === 1 && place?.host) place.host.isSick = true;
      if (what === 2) for (const each of fleet.places) if (each.host) each.host.isSick = false;
      if (what === 3) until.set(`zone ${next() < 0.5 ? 'a' : 'b'}`, till);
      if (what === 4) until.set('shared', till);
      if (what === 5) until.set('broken', till);
      if (what === 6) until.set('metrics', till);
      if (what === 7) until.set('balancers', till);
      if (what === 8) until.set('busy', till);
      if (what === 9) until.set('away', till);
      if (what === 10) run.changeLeader();
      if (what === 11) fleet.demand = 0.2 + next() * 7;
    }
    for (const zone of ['a', 'b']) {
      if (!lasts(`zone ${zone}`)) fleet.lostZones.delete(zone);
      else if (!fleet.lostZones.has(zone)) {
        fleet.lostZones.add(zone);
        for (const each of fleet.places) if (each.zone === zone && each.host) each.host.isDead = true;
      }
    }
    fleet.isShared = lasts('shared');
    fleet.isBroken = lasts('broken');
    fleet.isMetricless = lasts('metrics');
    fleet.areBalancersSilent = lasts('balancers');
    fleet.isBusy = lasts('busy');
    await run.step(lasts('away'));
    if (run.wrong) return `seed ${seed}, ${run.wrong}`;
  }
  fleet.isShared = fleet.isBroken = fleet.isMetricless = fleet.areBalancersSilent = fleet.isBusy = false;
  fleet.lostZones.clear();
  fleet.demand = 2;
  // Launches of the last hour are forgotten, and all that never served has had its time.
  await run.pass(3 * HOUR);
  const { serving, staying, percent } = fleet;
  const zones = ['a', 'b'].map((zone) => serving.filter((each) => each.zone === zone).length);
  const [a = 0, b = 0] = zones;
  const there = fleet.places.filter(({ host }) => host).length;
  const isRight =
    serving.length === run.desired &&
    staying.length === run.desired &&
    there === run.desired &&
    Math.abs(a - b) <= 1 &&
    percent >= 30 &&
    percent <= 70;
  const seen = `${serving.length} of ${run.desired} serve (${zones}), ${there} are there, ${Math.round(percent)} %`;
  return isRight ? (run.wrong ?? undefined) : `seed ${seed}: ${seen}; ${JSON.stringify(run.etcd.keys.get('memory'))}`;
}

it(
  'stays within its bounds, ends no instance that serves, and is right again once it is calm',
  async () => {
    for (let seed = 1; seed <= HOURS / RUN_HOURS; seed += 1) expect(await troubled(seed)).toBeUndefined();
  },
  10 * MINUTE,
);

it('adds one after five minutes above 70 %, as the guide says, and one more each time', async () => {
  const run = new Run(1);
  await run.pass(10 * MINUTE);
  expect(run.changes).toEqual([]);
  const begin = run.fleet.nowMs;
  run.fleet.demand = 1.9;
  await run.pass(4 * MINUTE);
  expect(run.changes).toEqual([]);
  await run.pass(3 * MINUTE);
  expect(run.changes.map(({ desired }) => desired)).toEqual([3]);
  expect((run.changes[0]?.atMs ?? 0) - begin).toBeGreaterThanOrEqual(5 * MINUTE);
  run.fleet.demand = 9;
  await run.pass(2 * HOUR);
  expect(run.desired).toBe(SPEC.max);
  expect(run.fleet.serving).toHaveLength(SPEC.max);
});

it('removes one after ten minutes below 30 %, down to the least', async () => {
  const run = new Run(2);
  run.fleet.demand = 9;
  await run.pass(2 * HOUR);
  run.fleet.demand = 0.4;
  const { nowMs } = run.fleet;
  const before = run.changes.length;
  await run.pass(9 * MINUTE);
  expect(run.changes).toHaveLength(before);
  await run.pass(4 * HOUR);
  expect(run.desired).toBe(SPEC.min);
  expect(run.fleet.places.filter(({ host }) => host)).toHaveLength(SPEC.min);
  expect((run.changes[before]?.atMs ?? 0) - nowMs).toBeGreaterThanOrEqual(10 * MINUTE);
  expect(run.wrong).toBeUndefined();
});

it('does not follow load that swings faster than its rules wait', async () => {
  const run = new Run(3);
  for (let n = 0; n < 200; n += 1) {
    run.fleet.demand = n % 2 === 0 ? 1.9 : 0.2;
    await run.pass(3 * MINUTE);
  }
  expect(run.changes).toEqual([]);
});

it('does nothing for want of figures', async () => {
  const run = new Run(4);
  run.fleet.isMetricless = true;
  run.fleet.demand = 9;
  await run.pass(5 * HOUR);
  expect(run.changes).toEqual([]);
  expect(run.launches).toEqual([]);
});

it('replaces nobody while what all share is broken', async () => {
  const run = new Run(5, 4);
  await run.pass(MINUTE);
  run.fleet.isShared = true;
  await run.pass(5 * HOUR);
  expect(run.launches).toEqual([]);
  expect(run.wrong).toBeUndefined();
});

it.each([
  ['fewer', 0.4],
  ['more', 9],
])('wants %s one at a time: the next one once the last one is done', async (_what, demand) => {
  const run = new Run(7, 4);
  run.fleet.demand = 2;
  await run.pass(MINUTE);
  run.etcd.keys.delete(KEYS.capacity);
  await run.etcd.write(KEYS.capacity, JSON.stringify({ ...fromSpec(SPEC, 0), desired: 4 }), 0);
  await run.pass(MINUTE);
  run.fleet.isBusy = true;
  run.fleet.demand = demand;
  await run.pass(2 * HOUR);
  expect(run.changes).toHaveLength(1);
});

it('gives up on what never serves after three launches, and says so', async () => {
  const run = new Run(6);
  await run.pass(MINUTE);
  run.fleet.isBroken = true;
  const [first] = run.fleet.places;
  if (first?.host) first.host.isDead = true;
  await run.pass(5 * HOUR);
  expect(run.launches.length).toBeLessThanOrEqual(1); // those of the last hour
  const { held } = JSON.parse(run.etcd.keys.get(KEYS.memory)?.value ?? '{}');
  expect(held).toMatch(/launches in a row never served/);
  // Another version is tried.
  run.fleet.isBroken = false;
  await run.pass(10 * MINUTE);
  expect(run.fleet.serving).toHaveLength(2);
});
