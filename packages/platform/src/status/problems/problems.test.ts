import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.ts';
import { ofAlerts, problemsOf } from './problems.ts';

const GB = 1024 ** 3;
const spec = parseSpec('monitoring: { enabled: false }\n', 'test.yaml');
const topology = planTopology(spec);
const record = { version: 1, platform: 'sbmcrm', network: '10.77.0.0/16', port: 8080, createdAt: '' };
const seen: Observation = {
  hosts: topology.hosts.map(({ name, region, zone, address, managementAddress }) => ({
    name,
    region,
    zone,
    address,
    managementAddress,
    state: 'running',
    services: [],
    initPid: 1,
    addresses: [],
    diskFailed: false,
  })),
  faults: [],
  backends: [],
  database: { primary: 'postgres-a', replicationMode: 'async', protected: false, members: [] },
  cache: { primary: 'redis-a', members: [], sentinels: { up: 3, of: 3, quorum: 2 } },
  membersUp: { etcd: ['quorum-a', 'quorum-b', 'quorum-c'] },
  health: [],
  canary: { ok: true },
  entryAnswers: true,
  cloudAnswers: true,
};
const told = (change: Partial<Observation>) =>
  problemsOf({ spec, topology, record }, { ...seen, ...change })
    .filter(({ code }) => code !== 'ADDRESS_UNHELD')
    .map(({ code, text }) => `${code}: ${text}`);

describe('a disk', () => {
  const room = (free: number) => told({ rooms: new Map([['postgres-a', { size: 8 * GB, free }]]) });

  it('is told from the spec’s bound on, with what is left', () => {
    expect(room(1.3 * GB)).toEqual([]);
    expect(room(1.2 * GB)).toEqual([
      'HOST_DISK_LOW: the disk of postgres-a is 85 % full, 1228 MB are free (alerts.warning.disk: 85 %)',
    ]);
    expect(room(0)[0]).toMatch(/100 % full, 0 MB are free/);
  });
});

describe('a service that is down', () => {
  it('is told with its own last words', () => {
    const hosts = seen.hosts.map((host) =>
      host.name === 'quorum-b' ? { ...host, services: [{ name: 'etcd', state: 'down' as const, pid: null }] } : host,
    );
    expect(told({ hosts })).toEqual(['SERVICE_DOWN: quorum-b/etcd is down']);
    const words = new Map([['quorum-b/etcd', 'discovery failed: tls: no PEM data']]);
    expect(told({ hosts, words })).toEqual(['SERVICE_DOWN: quorum-b/etcd is down: discovery failed: tls: no PEM data']);
  });
});

describe('damaged data', () => {
  it('are told with the verb, in place of what follows from them', () => {
    const members = ['quorum-a', 'quorum-c'];
    const damage = {
      host: 'quorum-b',
      part: 'quorum',
      code: 'ETCD_DAMAGED',
      reason: 'they are gone',
      atMs: 0,
    } as const;
    expect(told({ membersUp: { etcd: members }, damages: [damage] })).toEqual([
      'ETCD_DAMAGED: etcd’s data on quorum-b are of no use: they are gone (`sbmcrm up` gets them again, or `sbmcrm repair quorum-b`)',
    ]);
  });
});

describe('etcd’s quota', () => {
  it('is told while a member says that it is used up', () => {
    expect(told({ membersFull: ['etcd'] })).toEqual([
      expect.stringMatching(/^ETCD_FULL: etcd is full .* makes room\)$/),
    ]);
  });
});

describe('servers', () => {
  const servers = (change: Partial<NonNullable<Observation['servers']>>) =>
    told({ servers: { slots: [], checksums: [], ...change } });

  it('tell of pages with a wrong checksum: a primary has to go first', () => {
    const page = { relation: 'base/5/16400', block: 7 };
    expect(servers({ checksums: [{ host: 'postgres-a', failures: 2, page }] })).toEqual([
      'DATABASE_CHECKSUM: PostgreSQL on postgres-a found 2 pages with a wrong checksum, last block 7 of relation base/5/16400 (`sbmcrm failover database`, then `sbmcrm repair postgres-a --force` copies it anew)',
    ]);
    expect(servers({ checksums: [{ host: 'replica-a', failures: 1 }] })).toEqual([
      'DATABASE_CHECKSUM: PostgreSQL on replica-a found 1 page with a wrong checksum (`sbmcrm repair replica-a --force` copies it anew)',
    ]);
  });

  it('tell of a slot that holds more than half of what it may', () => {
    const slot = { name: 'replica_a', active: false, status: 'extended' };
    expect(servers({ slots: [{ ...slot, heldBytes: 0.9 * GB }] })).toEqual([]);
    expect(servers({ slots: [{ ...slot, heldBytes: 1.5 * GB }] })).toEqual([
      'DATABASE_SLOT_HOLDS: the primary keeps 1536 MB of its log for replica-a: past 2048 MB it is kept no more, and that one is copied anew',
    ]);
  });
});

describe('alerts', () => {
  const watched = parseSpec('platform: sbmcrm\n', 'test.yaml');
  const minute = 60_000;

  it('that nobody has heard of for three minutes would not be told either', () => {
    expect(ofAlerts({ spec: watched }, { alertsAliveMs: 0 }, 3 * minute - 1)).toEqual([]);
    expect(ofAlerts({ spec: watched }, { alertsAliveMs: 0 }, 4.5 * minute)).toEqual([
      { code: 'ALERTS_SILENT', text: expect.stringContaining('for 4 min') },
    ]);
    expect(ofAlerts({ spec: watched }, {}, 4.5 * minute)).toEqual([]);
    expect(ofAlerts({ spec }, { alertsAliveMs: 0 }, 4.5 * minute)).toEqual([]);
  });
});
