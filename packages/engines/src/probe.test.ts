import { parseSpec } from '@sbmcrm/spec';
import { hostsInRole, planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { attachCommands, detachCommands } from './haproxy/operate.ts';
import { parseServerStates } from './haproxy/probe.ts';
import { configHolds } from './postgres/operate.ts';
import { databaseStatus, type PatroniMember, type PatroniSelf } from './postgres/probe.ts';
import { cacheStatus } from './redis/probe.ts';

const topology = planTopology(parseSpec('platform: sbmcrm\n', 'test.yaml'));
const databases = hostsInRole(topology, 'database', 'read-replica');
const caches = hostsInRole(topology, 'cache');
const NOW = Date.parse('2026-01-01T00:00:10Z');

describe('databaseStatus', () => {
  const cluster: PatroniMember[] = [
    { name: 'postgres-a', role: 'leader', state: 'running', timeline: 3 },
    { name: 'postgres-b', role: 'sync_standby', state: 'streaming', lag: 0 },
    { name: 'replica-a', role: 'replica', state: 'streaming', lag: 0 },
    { name: 'replica-b', role: 'replica', state: 'creating replica', lag: 'unknown' },
  ];
  const selves = new Map<string, PatroniSelf>([
    ['postgres-a', { role: 'primary', state: 'running', timeline: 3, xlog: { location: 9000 } }],
    [
      'postgres-b',
      {
        role: 'replica',
        state: 'running',
        replication_state: 'streaming',
        timeline: 3,
        xlog: { received_location: 9000, replayed_location: 9000, paused: false },
      },
    ],
    [
      'replica-a',
      {
        role: 'replica',
        state: 'running',
        replication_state: 'streaming',
        timeline: 3,
        xlog: {
          received_location: 9000,
          replayed_location: 6952,
          replayed_timestamp: '2026-01-01 00:00:08+00:00',
          paused: true,
        },
      },
    ],
    ['replica-b', { state: 'creating replica' }],
  ]);

  it('says who is what, how far behind, and whether writes are on two hosts', () => {
    const status = databaseStatus(databases, 'sync', cluster, selves, NOW);
    expect(status).toMatchObject({ primary: 'postgres-a', protected: true });
    expect(status.members).toMatchObject([
      { name: 'postgres-a', role: 'primary', state: 'running', lagBytes: 0, lagSeconds: 0 },
      { name: 'postgres-b', role: 'standby', state: 'running', lagBytes: 0, lagSeconds: 0 },
      { name: 'replica-a', role: 'replica', state: 'running', lagBytes: 2048, lagSeconds: 2, replayPaused: true },
      { name: 'replica-b', role: 'replica', state: 'starting', lagBytes: null, lagSeconds: null },
    ]);
    expect(status.members.filter((member) => member.replayPaused).map((member) => member.name)).toEqual(['replica-a']);
  });

  it('does not trust the record of a member that does not answer', () => {
    const silent = new Map([...selves].filter(([name]) => name !== 'postgres-a'));
    const status = databaseStatus(databases, 'sync', cluster, silent, NOW);
    expect(status).toMatchObject({ primary: null, protected: false });
    expect(status.members[0]).toMatchObject({ state: 'unknown' });
  });

  it('is not protected when the synchronous standby does not answer, nor in async mode', () => {
    const silent = new Map([...selves].filter(([name]) => name !== 'postgres-b'));
    expect(databaseStatus(databases, 'sync', cluster, silent, NOW).protected).toBe(false);
    expect(databaseStatus(databases, 'async', cluster, selves, NOW).protected).toBe(false);
  });

  it('does not count a standby that runs without streaming as running', () => {
    const stuck = new Map([...selves, ['postgres-b', { role: 'replica', state: 'running' }]]);
    expect(databaseStatus(databases, 'sync', cluster, stuck, NOW)).toMatchObject({
      protected: false,
      members: [{}, { state: 'starting' }, {}, {}],
    });
  });

  it('counts one that streams before Patroni has seen that it started', () => {
    const early = (state: string) =>
      new Map([...selves, ['postgres-b', { role: 'replica', state, replication_state: 'streaming' }]]);
    const stateOf = (state: string) => databaseStatus(databases, 'sync', cluster, early(state), NOW).members[1]?.state;
    expect(['starting', 'stopping', 'crashed'].map(stateOf)).toEqual(['running', 'stopped', 'failed']);
  });

  it('knows nothing when no Patroni answers', () => {
    const status = databaseStatus(databases, 'async', undefined, new Map(), NOW);
    expect(status.primary).toBeNull();
    expect(status.members.every((member) => member.state === 'unknown')).toBe(true);
  });
});

describe('cacheStatus', () => {
  const sentinels = { of: 3, quorum: 2 };
  const roles = (a: 'master' | 'slave', b: 'master' | 'slave') =>
    new Map([
      ['redis-a', { role: a, linked: a === 'slave' }],
      ['redis-b', { role: b, linked: b === 'slave' }],
    ] as const);
  const [a = '', b = ''] = caches.map((host) => host.address);

  it('names the primary that calls itself so and that the Sentinels name', () => {
    expect(cacheStatus(caches, roles('master', 'slave'), [a, a, a], sentinels)).toMatchObject({
      primary: 'redis-a',
      members: [{ role: 'primary' }, { role: 'standby', linked: true }],
      sentinels: { up: 3 },
    });
  });

  it('does not take a returned old primary for the primary', () => {
    expect(cacheStatus(caches, roles('master', 'master'), [b, b, a], sentinels).primary).toBe('redis-b');
  });

  it('has no primary while the named one does not say so, or nobody names one', () => {
    expect(cacheStatus(caches, roles('slave', 'slave'), [a, a], sentinels).primary).toBeNull();
    expect(cacheStatus(caches, roles('master', 'slave'), [], sentinels).primary).toBeNull();
  });
});

describe('parseServerStates', () => {
  it('reads the columns by their names', () => {
    const csv = [
      '# pxname,svname,qcur,status,weight,',
      'api,one,0,UP,1,',
      'api,two,0,DOWN,1,',
      'api,three,0,DRAIN (agent),1,',
      'api,four,0,MAINT,1,',
      'api,five,0,UP 1/3,1,',
      'api,six,0,DOWN (agent),1,',
      'api,BACKEND,0,UP,3,',
      'other,one,0,DOWN,1,',
    ].join('\n');
    expect(parseServerStates(csv, 'api')).toEqual([
      { name: 'one', state: 'healthy' },
      { name: 'two', state: 'unhealthy' },
      { name: 'three', state: 'draining' },
      { name: 'four', state: 'disabled' },
      { name: 'five', state: 'healthy' },
      { name: 'six', state: 'unhealthy' },
    ]);
  });
});

describe('runtime commands', () => {
  it('attach to every back end, forcing health only where it is checked', () => {
    expect(attachCommands(['api', 'api-any'], 's', '10.0.0.1', 8080)).toEqual([
      'set server api/s addr 10.0.0.1 port 8080',
      'set server api/s state ready',
      'set server api/s health up',
      'set server api/s agent up',
      'set server api-any/s addr 10.0.0.1 port 8080',
      'set server api-any/s state ready',
    ]);
    expect(detachCommands(['api'], 's')).toEqual(['set server api/s state maint', 'shutdown sessions server api/s']);
  });
});

describe('configHolds', () => {
  it('compares what is wanted and nothing else', () => {
    expect(configHolds({ ttl: 20, x: { y: 1, z: 2 } }, { x: { y: 1 } })).toBe(true);
    expect(configHolds({ ttl: 20, x: { y: 1 } }, { x: { y: 2 } })).toBe(false);
    expect(configHolds({}, { x: { y: 2 } })).toBe(false);
    expect(configHolds(undefined, { x: 1 })).toBe(false);
  });
});
