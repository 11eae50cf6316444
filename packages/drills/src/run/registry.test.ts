import { describe, expect, it } from 'vitest';
import { packageVersions } from '../environment.ts';
import { withSettings } from './applied-spec.ts';
import type { Drill } from './drill.ts';
import { allDrills, chooseDrills } from './registry.ts';

describe('allDrills', () => {
  it('finds every file of the folder', async () => {
    const names = (await allDrills()).map((drill) => drill.name);
    expect(names).toContain('database-host-loss');
    expect(names).toContain('zone-loss-c');
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('chooseDrills', () => {
  it('takes names and all but those with a known limit, and lists the names there are for a wrong one', async () => {
    const drills = await allDrills();
    const isOfAll = ({ knownLimit, isRandom }: Drill) => knownLimit === undefined && !isRandom;
    expect(chooseDrills(drills, ['all'])).toEqual(drills.filter(isOfAll));
    expect(drills.filter(({ isRandom }) => isRandom).map(({ name }) => name)).toEqual(['soak']);
    const limited = drills.map((drill, n) => (n === 0 ? { ...drill, knownLimit: 'not yet' } : drill));
    expect(chooseDrills(limited, ['all'])).not.toContain(limited[0]);
    expect(chooseDrills(limited, [limited[0]?.name ?? ''])).toEqual([limited[0]]);
    expect(chooseDrills(drills, ['replica-loss', 'api-crash']).map((drill) => drill.name)).toEqual([
      'replica-loss',
      'api-crash',
    ]);
    expect(() => chooseDrills(drills, ['fire'])).toThrow('no drill is called "fire"');
    expect(() => chooseDrills(drills, ['fire'])).toThrow(/"fire".*api-crash/);
  });
});

describe('withSettings', () => {
  it('changes keys, adds missing ones, and keeps the rest of the text', () => {
    const text = 'platform: sbmcrm # name\ndatabase:\n  replicationMode: async # guide\n';
    expect(withSettings(text, {})).toBe(text);
    const changed = withSettings(text, { 'database.replicationMode': 'sync', 'cache.sentinel.quorum': '2' });
    expect(changed).toContain('replicationMode: sync # guide');
    expect(changed).toContain('platform: sbmcrm # name');
    expect(changed).toMatch(/cache:\n {2}sentinel:\n {4}quorum: 2\n/);
  });
});

describe('packageVersions', () => {
  it('reads what dpkg wrote', () => {
    const text = 'Package: patroni\nStatus: x\nVersion: 4.0.7-1\n\nPackage: other\nVersion: 1\n';
    expect(packageVersions(text, ['patroni', 'redis-server'])).toEqual({ patroni: '4.0.7-1' });
  });
});
