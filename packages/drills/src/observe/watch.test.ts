import type { PlatformStatus } from '@sbmcrm/platform';
import { describe, expect, it } from 'vitest';
import { changes, leftState, partStates } from './watch.ts';

const status: PlatformStatus = {
  state: 'healthy',
  problems: [],
  reasons: [],
  notices: [],
  endpoints: { api: 'http://127.0.0.1:8080' },
  hosts: [
    { name: 'postgres-a', region: 'primary', zone: 'a', address: '10.77.1.130', state: 'running', services: [] },
    { name: 'redis-b', region: 'primary', zone: 'b', address: '10.77.2.150', state: 'running', services: [] },
  ],
  database: {
    primary: 'postgres-a',
    replicationMode: 'async',
    protected: false,
    members: [
      { name: 'postgres-a', zone: 'a', role: 'primary', state: 'running', timeline: 1, lagBytes: 0, lagSeconds: 0 },
    ],
  },
  cache: {
    primary: 'redis-a',
    members: [{ name: 'redis-b', zone: 'b', role: 'standby', linked: true }],
    sentinels: { up: 3, quorum: 2 },
  },
  loadBalancer: { active: 'lb-a', backends: [{ name: 'sbmcrm-api-01', state: 'healthy' }] },
  quorum: { etcd: { up: 3, of: 3 }, fastFailover: { on: false } },
  faults: [],
};
const allowed = { hosts: new Set(['postgres-a']), faults: new Set(['f1']) };

describe('changes', () => {
  it('tells roles and health that changed', () => {
    const later = structuredClone(status);
    const [member] = later.database.members;
    if (member) Object.assign(member, { role: 'standby', state: 'unknown' });
    later.loadBalancer.active = null;
    expect(changes(partStates(status), partStates(status))).toEqual([]);
    expect(changes(partStates(status), partStates(later))).toEqual(['postgres-a: no answer', 'public address: nobody']);
  });
});

describe('leftState', () => {
  const withHost = (name: string): PlatformStatus => ({
    ...status,
    hosts: status.hosts.map((host) => (host.name === name ? { ...host, state: 'stopped' } : host)),
  });

  it('allows what the drill did itself', () => {
    expect(leftState(status, allowed)).toBeUndefined();
    expect(leftState(withHost('postgres-a'), allowed)).toBeUndefined();
  });

  it('stops for another host, for a fault of somebody else, and without the local cloud', () => {
    expect(leftState(withHost('redis-b'), allowed)).toBe('redis-b is stopped, which is not part of this drill');
    const fault = { id: 'f2', kind: 'stop' as const, target: 'lb-a', since: '' };
    expect(leftState({ ...status, faults: [fault] }, allowed)).toBe('somebody else injected stop lb-a');
    expect(leftState({ ...status, hosts: [] }, allowed)).toMatch(/local cloud/);
  });
});
