import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackendStatus, HostDefinition, HostStatus } from '@sbmcrm/cloud';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockState, StatePaths } from '../state.ts';
import { type FleetTools, LocalFleet, retiredHosts } from './fleet.ts';

let paths: StatePaths;
beforeEach(() => {
  paths = new StatePaths(mkdtempSync(join(tmpdir(), 'sbmcrm-fleet-')));
});
afterEach(() => rmSync(paths.root, { recursive: true, force: true }));

const definition = (name: string, zone: string): HostDefinition => ({
  name,
  region: 'primary',
  zone,
  address: '10.0.0.1',
  managementAddress: '10.0.0.2',
  services: [],
  hosts: '',
  networkAdmin: false,
  code: false,
  size: { cpus: 1, memory: 1, disk: 1 },
});

/** A provider of nothing but names, and what it was told. */
function fake(lost: Map<string, string> = new Map()) {
  const hosts = new Map<string, HostStatus>();
  const backends = new Map<string, BackendStatus>();
  const told: string[] = [];
  const tools: FleetTools = {
    hosts: async () => [...hosts.values()],
    backends: async () => [...backends.values()],
    usage: () => [],
    startedAtMs: () => 1,
    make: async ({ name, zone, region, address, managementAddress }) => {
      told.push(`make ${name}`);
      const status = { name, zone, region, address, managementAddress, addresses: [], services: [], diskFailed: false };
      hosts.set(name, { ...status, state: 'running', initPid: 1 });
    },
    join: async (name, _address, port) => {
      told.push(`join ${name} ${port}`);
      backends.set(name, { name, state: 'unhealthy', seenBy: {} });
    },
    drain: async (name) => {
      told.push(`drain ${name}`);
    },
    end: async (name) => {
      told.push(`end ${name}`);
    },
    forget: async (name) => {
      hosts.delete(name);
      backends.delete(name);
    },
    lostZones: () => lost,
    note: ({ text }) => told.push(text),
  };
  return { fleet: new LocalFleet(paths, tools), told, hosts };
}

/** With places one in zone a, two in zone b. */
async function withPlaces(lost?: Map<string, string>) {
  const made = fake(lost);
  await made.fleet.define({ host: definition('two', 'b'), port: 80 });
  await made.fleet.define({ host: definition('one', 'a'), port: 80 });
  return made;
}

describe('the fleet', () => {
  it('has places that are there before their hosts, for root alone', async () => {
    const { fleet } = await withPlaces();
    const { places } = await fleet.list();
    expect(places.map(({ name, state, backend, cpu }) => [name, state, backend, cpu])).toEqual([
      ['one', 'absent', null, null],
      ['two', 'absent', null, null],
    ]);
    expect(statSync(join(paths.fleet, 'one.json')).mode & 0o777).toBe(0o600);
  });

  it('tells a changed definition by its version', async () => {
    const { fleet } = await withPlaces();
    const version = async () => (await fleet.list()).places.map((each) => each.version);
    const before = await version();
    await fleet.define({ host: definition('one', 'a'), port: 80 });
    expect(await version()).toEqual(before);
    await fleet.define({ host: definition('one', 'a'), port: 81 });
    expect((await version())[0]).not.toBe(before[0]);
  });

  it('launches once, whoever asks twice', async () => {
    const { fleet, told } = await withPlaces();
    await Promise.all([fleet.launch('one', 'more'), fleet.launch('one', 'more')]);
    expect(told).toEqual(['make one', 'one is launched in zone a: more', 'join one 80']);
  });

  it('makes a host anew that does not run any more', async () => {
    const { fleet, told, hosts } = await withPlaces();
    await fleet.launch('one', 'more');
    const host = hosts.get('one');
    if (host) hosts.set('one', { ...host, state: 'stopped', initPid: null });
    await fleet.launch('one', 'again');
    expect(told.filter((each) => each === 'make one')).toHaveLength(2);
  });

  it('keeps in mind who is not wanted any more', async () => {
    const { fleet, told } = await withPlaces();
    await fleet.launch('one', 'more');
    await fleet.terminate('one', 'fewer');
    await fleet.terminate('one', 'fewer');
    expect(told.slice(3)).toEqual(['end one', 'one is gone: fewer']);
    expect(retiredHosts(paths)).toEqual(['one']);
    await fleet.launch('one', 'more');
    expect(retiredHosts(paths)).toEqual([]);
  });

  it('launches nothing in a zone that is lost', async () => {
    const { fleet, told } = await withPlaces(new Map([['b', 'fault f1, stop zone-b']]));
    const refused = { code: 'NO_CAPACITY', message: 'nothing starts in zone b: fault f1, stop zone-b' };
    await expect(fleet.launch('two', 'more')).rejects.toMatchObject(refused);
    expect(told).toEqual([]);
  });

  it.each([
    ['up', true],
    ['down', true],
    ['rotate', true],
    ['repair', true],
    ['drill', false],
  ])('while `%s` runs, stands still: %s', async (command, isBusy) => {
    const { fleet } = await withPlaces();
    const unlock = lockState(paths, command);
    const asked = fleet.launch('one', 'more');
    if (isBusy) await expect(asked).rejects.toMatchObject({ status: 409, code: 'FLEET_BUSY' });
    else await asked;
    unlock();
    await fleet.launch('one', 'more');
  });

  it('knows no place that was not defined', async () => {
    const { fleet } = await withPlaces();
    for (const call of ['launch', 'drain', 'terminate'] as const)
      await expect(fleet[call]('three', 'why')).rejects.toMatchObject({ status: 404, code: 'UNKNOWN_PLACE' });
    await fleet.undefine('one');
    await expect(fleet.launch('one', 'more')).rejects.toMatchObject({ code: 'UNKNOWN_PLACE' });
  });
});
