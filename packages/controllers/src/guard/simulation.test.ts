import { describe, expect, it } from 'vitest';
import { random } from '../fixture.ts';
import { Host, RESTART_MS, STEP_MS, Store, type Without } from './fixture.ts';

/**
 * Two hosts, each with an agent, a server and a guard, and a lease in a store that never fails: Patroni's rules as far as they matter
 * here, on a clock of steps. Anything may hang, be frozen, killed, cut off or without power at any moment, and operators fail over
 * or bring the platform back up. What must hold: no server takes a write after another one, which got the lease later, was promoted.
 */
const RUN_MS = 120_000;
/** A guard that was killed knows again what is so. */
const GUARD_BACK_MS = 6000;
/** A command's longest way to what it asks, now and then. */
const MOST_WAY_MS = 3000;
/** A failover is waited for so long; later its host stays fenced. */
const MOVE_MS = 60_000;

/** What somebody does, a step after the other: each says when the next one may come, undefined at the end. */
type Steps = Generator<number, void>;

interface Scene {
  hosts: readonly Host[];
  store: Store;
  next: () => number;
  without: Without;
  now: () => number;
}

/** `sbmcrm failover database`, of a primary that does not answer: see takeAway in packages/platform/src/operate/movers.ts. */
function* failover({ hosts, store, next, without, now }: Scene, token: string): Steps {
  const way = () => now() + next() ** 4 * MOST_WAY_MS;
  const held = store.lease;
  const host = hosts[held.owner];
  if (!host || held.endsMs <= now()) return;
  const fence = () => host.powerOff(token);
  const revoke = () => store.revoke(without.seen ? store.lease.term : held.term);
  yield way();
  for (const step of without.order ? [revoke, fence] : [fence, revoke]) {
    step();
    yield way();
  }
  for (const untilMs = now() + MOVE_MS; ; yield now() + 500) {
    if (hosts.some((each) => each !== host && each.term > held.term)) break;
    if (now() > untilMs) return;
  }
  host.powerOn(now(), token);
}

/** `sbmcrm up`: it starts what is down, and lifts the fences that it saw when their host leads no more. */
function* up({ hosts, store, next, without, now }: Scene): Steps {
  const seen = hosts.flatMap((host, owner) => (host.isOff ? [{ host, owner, token: host.fencedBy }] : []));
  for (const { host, owner, token } of seen) {
    yield now() + next() ** 4 * MOST_WAY_MS;
    const leads = () => store.lease.owner === owner && store.lease.endsMs > now();
    while (token !== undefined && leads() && !without.wait) yield now() + 500;
    yield now() + next() ** 4 * MOST_WAY_MS;
    host.powerOn(now(), token);
  }
}

/** @returns when and in which schedule a server took a write that it must not take; undefined: never */
function violation(seed: number, without: Without = {}): string | undefined {
  const next = random(seed);
  const store = new Store();
  const hosts = [new Host(0, store, next, without), new Host(1, store, next, without)];
  let nowMs = STEP_MS;
  const scene: Scene = { hosts, store, next, without, now: () => nowMs };
  const under: { steps: Steps; atMs: number }[] = [];
  let promoted = 0;
  for (; nowMs < RUN_MS; nowMs += STEP_MS) {
    for (const host of hosts) {
      if (next() < 0.004) breakOne(host, nowMs, next);
      if (host.isOff && next() < 0.005) host.powerOn(nowMs);
      host.step(nowMs);
    }
    if (next() < 0.003)
      under.push({ steps: next() < 0.5 ? failover(scene, `${seed}/${nowMs}`) : up(scene), atMs: nowMs });
    for (const each of under) {
      if (each.atMs > nowMs) continue;
      const { value, done } = each.steps.next();
      // Whoever does it may be killed after any step.
      each.atMs = done || next() < 0.05 ? Number.POSITIVE_INFINITY : value;
    }
    promoted = Math.max(promoted, ...hosts.map(({ term }) => term));
    const wrong = hosts.findIndex((host) => host.isTaking(nowMs) && host.term < promoted);
    if (wrong >= 0)
      return `seed ${seed}: after ${nowMs} ms host ${wrong} takes writes in term ${hosts[wrong]?.term} of ${promoted}`;
  }
  return undefined;
}

/** One guard is no help where it is killed while its host is frozen or its agent hangs: that is the second fault of a host, not the first. */
function breakOne(host: Host, nowMs: number, next: () => number): void {
  const untilMs = nowMs + next() ** 2 * 60_000;
  const what = next();
  if (host.isOff) return;
  const isWell = [host.frozenMs, host.cutMs, host.agentStuckMs, host.agentDownMs].every((until) => until <= nowMs);
  if (nowMs - host.guardDownMs < GUARD_BACK_MS || (what >= 0.9 && !isWell)) return;
  if (what < 0.35) host.agentStuckMs = untilMs;
  else if (what < 0.6) host.frozenMs = untilMs;
  else if (what < 0.75) host.cutMs = untilMs;
  else if (what < 0.8) host.powerOff();
  else if (what < 0.9) host.agentDownMs = untilMs;
  else host.guardDownMs = nowMs + RESTART_MS;
}

const SEEDS = Array.from({ length: 10_000 }, (_, seed) => seed);

describe('guards and fences, in ten thousand random schedules', () => {
  it('leave no server that takes writes after another one was promoted', () => {
    expect(SEEDS.flatMap((seed) => violation(seed) ?? [])).toEqual([]);
  });

  it.each<[string, Without]>([
    ['there is no guard', { guard: true }],
    ['a renewal counts from when it was read', { gain: true }],
    ['the lease is ended before the host is fenced', { order: true }],
    ['whatever lease there is by then is ended', { seen: true }],
    ['a fenced host is started while it has the lease', { wait: true }],
    ['whoever wants to starts a fenced host', { latch: true }],
  ])('are what keeps it so: two take writes where %s', (_what, without) => {
    expect(SEEDS.some((seed) => violation(seed, without) !== undefined)).toBe(true);
  });
});
