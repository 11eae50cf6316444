import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '@sbmcrm/cloud';
import { planNetwork } from '@sbmcrm/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostManager } from '../host/manager.ts';
import { StatePaths } from '../state.ts';
import { FaultInjector } from './injector.ts';

const root = mkdtempSync(join(tmpdir(), 'sbmcrm-injector-'));
const paths = new StatePaths(root);
beforeEach(() => mkdirSync(root, { recursive: true }));
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Hosts that only know whether they run; one of them cannot be stopped. */
function cloud() {
  const running = new Map([
    ['redis-a', true],
    ['redis-b', true],
    ['stuck-b', true],
  ]);
  const definitions = () =>
    [...running.keys()].map((name, n) => ({ name, zone: name.at(-1), address: `10.77.1.${n + 1}`, services: [] }));
  const injector: FaultInjector = new FaultInjector({
    plan: planNetwork('10.77.0.0/16'),
    paths,
    applyFirewall: async () => {},
    hosts: {
      definitions,
      statuses: async () => definitions().map((host) => ({ ...host, initPid: running.get(host.name) ? 1 : null })),
      powerOff: async (names: string[]) => {
        if (names.includes('stuck-b')) throw new Error('stuck-b does not stop');
        for (const name of names) running.set(name, false);
      },
      start: async (name: string) => {
        running.set(name, true);
        injector.hostStarted(name);
      },
    } as unknown as HostManager,
  });
  return { injector, states: () => Object.fromEntries(running) };
}

const stored = () => JSON.parse(readFileSync(paths.faults, 'utf8')) as Fault[];
const stop = (target: string) => ({ kind: 'stop', target });

describe('faults of one stroke', () => {
  it('are all there, each with a life of its own', async () => {
    const { injector, states } = cloud();
    const [first, second] = await injector.inject([stop('redis-a'), stop('redis-b')]);
    expect(states()).toEqual({ 'redis-a': false, 'redis-b': false, 'stuck-b': true });
    expect(stored()).toEqual([first, second]);
    await injector.clear(first?.id ?? '');
    expect(states()).toMatchObject({ 'redis-a': true, 'redis-b': false });
    expect(stored()).toEqual([second]);
  });

  it('are all undone when one of them cannot be done', async () => {
    const { injector, states } = cloud();
    await expect(injector.inject([stop('redis-a'), stop('stuck-b')])).rejects.toThrow('stuck-b does not stop');
    expect(states()).toEqual({ 'redis-a': true, 'redis-b': true, 'stuck-b': true });
    expect(injector.list()).toEqual([]);
  });

  it('are not begun when one of them makes no sense', async () => {
    const { injector, states } = cloud();
    await expect(injector.inject([stop('redis-a'), stop('nobody')])).rejects.toMatchObject({ code: 'UNKNOWN_HOST' });
    expect(states()).toMatchObject({ 'redis-a': true });
  });
});

describe('a host under two faults of a kind', () => {
  it('is let go with the second', async () => {
    const { injector, states } = cloud();
    const [one] = await injector.inject([stop('redis-a')]);
    const [two] = await injector.inject([stop('redis-a')]);
    await injector.clear(one?.id ?? '');
    expect(states()).toMatchObject({ 'redis-a': false });
    await injector.clear(two?.id ?? '');
    expect(states()).toMatchObject({ 'redis-a': true });
  });
});

describe('a daemon that starts', () => {
  it('leaves faults alone whose kind it does not know', async () => {
    const { injector } = cloud();
    await injector.inject([stop('redis-a')]);
    const unknown = { ...stored()[0], id: 'x', kind: 'melt' };
    writeFileSync(paths.faults, JSON.stringify([...stored(), unknown]));
    expect(
      cloud()
        .injector.list()
        .map(({ kind }) => kind),
    ).toEqual(['stop']);
  });
});
