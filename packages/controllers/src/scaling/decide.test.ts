import type { FleetPlace } from '@sbmcrm/cloud';
import { fromSpec } from '@sbmcrm/spec/capacity';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { MINUTE, POLICY } from './fixture.ts';
import { type Memory, NOTHING, parseMemory } from './memory.ts';

const NOW = 1_000_000_000_000;
const LONG_AGO = NOW - 60 * MINUTE;

type View = 'healthy' | 'unhealthy' | 'draining';

/** A place whose host runs since an hour ago; one view for each load balancer. */
function host(name: string, views: View[] = ['healthy', 'healthy'], startedAtMs = LONG_AGO): FleetPlace {
  const seenBy = Object.fromEntries(views.map((view, index) => [`lb-${index}`, view]));
  const state = views.every((view) => view === 'healthy') ? 'healthy' : 'unhealthy';
  const backend = { state, seenBy } as const;
  const cpu = { seconds: 100, cpus: 1 };
  return { name, zone: name[0] ?? '', address: '', version: 'v', state: 'running', startedAtMs, backend, cpu };
}
const dead = (name: string): FleetPlace => ({ ...host(name, ['unhealthy']), state: 'stopped', startedAtMs: null });
const free = (name: string): FleetPlace => ({ ...host(name), state: 'absent', startedAtMs: null, backend: null });

/** They all served before. */
const known = (places: FleetPlace[], more: Partial<Memory> = {}): Memory => ({
  ...NOTHING,
  served: Object.fromEntries(places.map(({ name, startedAtMs }) => [name, startedAtMs ?? 0])),
  ...more,
});

function actionsOf(places: FleetPlace[], desired: number, memory: Memory = known(places), max = 6): string[] {
  const capacity = { ...fromSpec({ min: 2, max, desired }, 0) };
  const { actions } = decide(POLICY, capacity, memory, { atMs: NOW, places }, NOW);
  return actions.map((each) => `${each.do} ${each.name}`);
}

describe('what is done', () => {
  it('is nothing while as many serve as are wanted', () => {
    expect(actionsOf([host('a1'), host('b1'), free('a2'), free('b2')], 2)).toEqual([]);
  });

  it('fills the emptier zone, the first place first', () => {
    expect(actionsOf([host('a1'), host('b1'), free('a2'), free('b2')], 3)).toEqual(['launch a2']);
    expect(actionsOf([host('a1'), free('b1'), host('a2'), free('b2')], 4)).toEqual(['launch b1', 'launch b2']);
  });

  it('replaces a dead host at once, where it was', () => {
    expect(actionsOf([host('a1'), dead('b1'), free('a2'), free('b2')], 2)).toEqual(['launch b1']);
  });

  it('goes to the other zone where nothing starts in its own', () => {
    const places = [host('a1'), dead('b1'), free('a2'), free('b2')];
    expect(actionsOf(places, 2, known(places, { zonesAway: { b: NOW + MINUTE } }))).toEqual(['launch a2']);
  });

  it('leaves an instance alone for half a minute, and as long as one load balancer sends it requests', () => {
    const places = [host('a1'), host('b1', ['unhealthy', 'unhealthy']), host('a2'), free('b2')];
    expect(actionsOf(places, 3)).toEqual([]);
    expect(actionsOf(places, 3, known(places, { sick: { b1: NOW - MINUTE } }))).toContain('terminate b1');
    const half = [host('a1'), host('b1', ['unhealthy', 'healthy']), host('a2'), free('b2')];
    expect(actionsOf(half, 3, known(half, { sick: { b1: NOW - MINUTE } }))).toEqual([]);
  });

  it('ends nobody where most are unwell: what they share is broken', () => {
    const unwell: View[] = ['unhealthy', 'unhealthy'];
    const places = [host('a1', unwell), host('b1', unwell), host('a2'), free('b2')];
    const sick = { a1: NOW - 10 * MINUTE, b1: NOW - 10 * MINUTE };
    expect(actionsOf(places, 3, known(places, { sick }))).toEqual([]);
  });

  it('does nothing where no load balancer says anything', () => {
    expect(actionsOf([host('a1', []), { ...dead('b1'), backend: null }, free('a2')], 3)).toEqual([]);
  });

  it('gives one that starts its time, and sends it away when that is over', () => {
    const starts = (ms: number) => [host('a1'), host('b1'), host('a2', ['unhealthy'], NOW - ms), free('b2')];
    const memory = (places: FleetPlace[]) => known(places.slice(0, 2));
    expect(actionsOf(starts(MINUTE), 3, memory(starts(MINUTE)))).toEqual([]);
    const late = starts(6 * MINUTE);
    expect(actionsOf(late, 3, memory(late))).toEqual(['launch b2', 'terminate a2']);
  });

  it('drains the last one of the fuller zone, and never a zone’s only one', () => {
    expect(actionsOf([host('a1'), host('b1'), host('a2'), free('b2')], 2)).toEqual(['drain a2']);
    expect(actionsOf([host('a1'), host('b1'), host('a2'), host('b2')], 2)).toEqual(['drain b2', 'drain a2']);
    expect(actionsOf([host('a1'), host('b1'), free('a2')], 1, undefined, 1)).toEqual([]);
  });

  it('believes no load balancer alone that one serves: it may have just begun to look', () => {
    const places = [host('a1'), host('b1'), host('a2'), host('b2', ['unhealthy', 'healthy'], NOW - 1000)];
    expect(actionsOf(places, 3, known(places.slice(0, 3)))).toEqual([]);
    expect(actionsOf(places, 3)).toEqual([]);
  });

  it('gives most of them their time once more, and then ends one at a time', () => {
    const never = (name: string) => host(name, ['unhealthy'], NOW - 60 * MINUTE);
    const places = [host('a1'), host('a2'), never('b1'), never('b2'), never('b3')];
    const since = (ms: number): Memory =>
      known(places.slice(0, 2), { failed: { count: 0, version: 'v', sinceMs: NOW - ms, lastMs: 0 } });
    expect(actionsOf(places, 3, since(MINUTE))).toEqual([]);
    expect(actionsOf(places, 3, since(6 * MINUTE))).toEqual(['terminate b1']);
    // While nobody serves, nobody goes.
    expect(actionsOf(places.slice(2), 3, since(60 * MINUTE))).toEqual([]);
  });

  it('drains nobody while another one is still to serve', () => {
    const places = [host('a1'), host('b1'), host('a2'), host('b2', ['unhealthy'], NOW - 1000)];
    expect(actionsOf(places, 3, known(places.slice(0, 3)))).toEqual([]);
  });

  it('ends who is drained after ten seconds', () => {
    const places = [host('a1'), host('b1'), host('a2'), free('b2')];
    expect(actionsOf(places, 2, known(places, { leaving: { a2: NOW - 5000 } }))).toEqual([]);
    expect(actionsOf(places, 2, known(places, { leaving: { a2: NOW - 11_000 } }))).toEqual(['terminate a2']);
  });

  it('spreads them again: one comes before one goes, where there may be one more', () => {
    const places = [host('a1'), free('b1'), host('a2'), free('b2'), host('a3')];
    expect(actionsOf(places, 3)).toEqual(['launch b1']);
    expect(actionsOf(places, 3, undefined, 3)).toEqual(['drain a3']);
  });

  it('ends no instance for a zone whose own hosts are dead', () => {
    const places = [dead('a1'), host('b1'), dead('a2'), host('b2'), host('b3'), host('b4')];
    expect(actionsOf(places, 4, undefined, 4)).toEqual([]);
  });

  it('ends one that never served, and asks again without counting it twice', () => {
    const late = (name: string) => host(name, ['unhealthy'], NOW - 6 * MINUTE);
    const places = [host('a1'), host('b1'), late('a2'), late('b2')];
    const capacity = fromSpec({ min: 2, max: 6, desired: 4 }, 0);
    const first = decide(POLICY, capacity, known(places.slice(0, 2)), { atMs: NOW, places }, NOW);
    expect(first.actions.map((each) => `${each.do} ${each.name}`)).toEqual(['terminate a2']);
    expect(first.memory.failed.count).toBe(1);
    const later = NOW + 15_000;
    const second = decide(POLICY, capacity, first.memory, { atMs: later, places }, later);
    expect(second.actions.map((each) => `${each.do} ${each.name}`)).toEqual(['terminate a2', 'terminate b2']);
    expect(second.memory.failed.count).toBe(2);
  });

  it('keeps one that a load balancer sends requests, though it never served by the word of all', () => {
    const places = [host('a1', ['unhealthy', 'healthy']), host('b1', ['unhealthy', 'healthy']), free('a2')];
    expect(actionsOf(places, 2, NOTHING)).toEqual([]);
  });

  it('puts one behind the load balancers that somebody launched and forgot', () => {
    const places = [host('a1'), host('b1'), { ...host('a2', [], NOW - 1000), backend: null }];
    expect(actionsOf(places, 3, known(places.slice(0, 2)))).toEqual(['launch a2']);
  });

  it('forgets a dead host that nobody needs', () => {
    expect(actionsOf([host('a1'), host('b1'), dead('a2'), free('b2')], 2)).toEqual(['terminate a2']);
  });

  it('launches no more than twice all of them and four within an hour', () => {
    const places = [host('a1'), dead('b1'), free('a2'), free('b2')];
    const launches = Array.from({ length: 16 }, () => NOW - MINUTE);
    expect(actionsOf(places, 2, known(places, { launches }))).toEqual([]);
    expect(actionsOf(places, 2, known(places, { launches: launches.slice(1) }))).toEqual(['launch b1']);
    const old = launches.map((atMs) => atMs - 60 * MINUTE);
    expect(actionsOf(places, 2, known(places, { launches: old }))).toEqual(['launch b1']);
  });
});

describe('what is kept', () => {
  it('is nothing where it cannot be read, or comes from a clock that was ahead', () => {
    for (const text of [undefined, '', '{', '[1', 'null', '3']) expect(parseMemory(text, NOW)).toEqual(NOTHING);
    const ahead = JSON.stringify({ ...NOTHING, changedAtMs: NOW + 10 * MINUTE });
    expect(parseMemory(ahead, NOW)).toMatchObject({ changedAtMs: NOW });
    const sick = JSON.stringify({ ...NOTHING, sick: { a1: NOW + 10 * MINUTE }, hotSinceMs: NOW + 1 });
    expect(parseMemory(sick, NOW)).toEqual({ ...NOTHING, sick: { a1: NOW } });
    expect(parseMemory(JSON.stringify({ ...NOTHING, changedAtMs: NOW }), NOW).changedAtMs).toBe(NOW);
  });
});
