import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HostStatus } from '@sbmcrm/cloud';
import type { DatabaseMember } from '@sbmcrm/engines';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { lastPrimary, parsePromotion } from './cold-start.ts';
import { downPlanText, planDown, stopWaves } from './down-plan.ts';
import { promotionTarget } from './operate/move.ts';
import { choosePort } from './port.ts';
import { NOTICE_CODES, type Observation, PROBLEM_CODES, type Problem, type ProblemCode, summarise } from './status.ts';
import { changeOrder, faultedHosts } from './up/plan.ts';
import { lackOf, waitsForOthers } from './up/waits.ts';
import { healthPathWarnings } from './up/warnings.ts';

const spec = parseSpec('monitoring: { enabled: false }\n', 'test.yaml');
const topology = planTopology(spec);
const record = { version: 1, platform: 'sbmcrm', network: '10.77.0.0/16', port: 8080, createdAt: '' };

describe('lastPrimary', () => {
  it('is the host with the latest promotion', () => {
    expect(lastPrimary([parsePromotion('a', '9\n'), parsePromotion('b', '10\n')])).toBe('b');
    expect(lastPrimary([parsePromotion('a', '3\n'), parsePromotion('b', '2\n')])).toBe('a');
    expect(lastPrimary([parsePromotion('a', null), parsePromotion('b', '1\n')])).toBe('b');
  });
  it('is nobody on an empty platform, or when the notes are damaged', () => {
    expect(lastPrimary([parsePromotion('a', null), parsePromotion('b', '')])).toBeUndefined();
  });
});

function host(name: string, services: string[], change: Partial<HostStatus> = {}): HostStatus {
  return {
    name,
    region: 'primary',
    zone: 'a',
    address: '10.77.1.1',
    managementAddress: '10.77.129.1',
    addresses: [],
    state: 'running',
    services: services.map((service) => ({ name: service, state: 'up', pid: 1 })),
    diskFailed: false,
    initPid: 1,
    ...change,
  };
}

describe('stopWaves', () => {
  it('stops standbys before their primary, and the quorum last', () => {
    const hosts = [
      host('postgres-a', ['patroni', 'postgres']),
      host('postgres-b', ['patroni', 'postgres']),
      host('sbmcrm-api-01', ['router', 'api']),
      host('redis-a', ['redis']),
      host('quorum-a', ['etcd', 'sentinel']),
    ];
    expect(stopWaves(hosts, 'postgres-a')).toEqual([
      ['postgres-b', 'sbmcrm-api-01'],
      ['postgres-a', 'redis-a'],
      ['quorum-a'],
    ]);
    expect(stopWaves(hosts, null)[0]).toEqual(['postgres-a', 'postgres-b', 'sbmcrm-api-01']);
  });
});

describe('planDown', () => {
  const hosts = [
    host('postgres-a', ['patroni', 'postgres']),
    host('lb-a', ['haproxy']),
    host('quorum-a', ['etcd']),
    host('redis-a', ['redis'], { initPid: null, state: 'stopped' }),
  ];
  const names = (found: Parameters<typeof planDown>[0]) =>
    planDown(found).map((step) => (step.do === 'stop-hosts' ? step.hosts.map(({ name }) => name).join() : step.do));

  it('stops what runs in waves, then takes the rest away, and data only if asked to', () => {
    const found = { hosts, primary: 'postgres-a', isOurs: true, purge: undefined };
    expect(names(found)).toEqual(['lb-a', 'postgres-a', 'quorum-a', 'disconnect']);
    expect(names({ ...found, purge: '/x' })).toEqual(['lb-a', 'postgres-a', 'quorum-a', 'disconnect', 'delete-state']);
    expect(names({ ...found, hosts: [] })).toEqual(['disconnect']);
  });

  it('leaves alone what another platform has on its network', () => {
    expect(names({ hosts, primary: null, isOurs: false, purge: undefined })).toEqual([]);
    expect(names({ hosts, primary: null, isOurs: false, purge: '/x' })).toEqual(['delete-state']);
  });

  it('says in words whether data goes', () => {
    const found = { hosts, primary: null, isOurs: true };
    expect(downPlanText(planDown({ ...found, purge: undefined }))).toMatch(/Data stays\.$/);
    expect(downPlanText(planDown({ ...found, purge: '/x' }))).toMatch(
      /Delete \/x\nAll data of the platform would be gone\.$/,
    );
    expect(downPlanText([])).toBe('There is nothing to stop.');
  });
});

describe('lackOf', () => {
  it('names what a host has not got back, and no outage of others', () => {
    const other: Problem = { code: 'HOST_STOPPED', host: 'y-2', text: 'host y-2 is stopped' };
    const own: Problem = { code: 'SERVER_UNWELL', host: 'y', text: 'y: database: no primary' };
    const foreign: Problem = { code: 'EXTERNAL_API_AWAY', host: 'y', text: 'y: externalApis: payments is away' };
    expect(lackOf([other, foreign, own], 'y')).toBe('y: database: no primary');
    expect(lackOf([other, foreign], 'y')).toBeUndefined();
  });
});

describe('waitsForOthers', () => {
  const refused = (host: string): Problem => ({ code: 'ETCD_LOGIN_REFUSED', host, text: 'certificate has expired' });

  it('is so while other members of etcd have other certificates', () => {
    expect(waitsForOthers([refused('quorum-b')], 'quorum-a')).toBe(true);
    expect(waitsForOthers([refused('quorum-a')], 'quorum-a')).toBe(false);
    expect(waitsForOthers([], 'quorum-a')).toBe(false);
  });
});

describe('changeOrder', () => {
  it('leaves the primary for last', () => {
    const changes = new Map([
      ['postgres-a', ['patroni']],
      ['postgres-b', ['patroni']],
      ['lb-a', ['haproxy']],
    ]);
    expect(changeOrder(changes, 'postgres-a').map(([name]) => name)).toEqual(['lb-a', 'postgres-b', 'postgres-a']);
  });

  it('begins with those that have a vote: others need them', () => {
    const changes = new Map([
      ['lb-a', ['haproxy']],
      ['postgres-a', ['patroni']],
      ['quorum-a', ['etcd']],
      ['quorum-b', ['witness']],
    ]);
    expect(changeOrder(changes, 'postgres-a').map(([name]) => name)).toEqual([
      'quorum-a',
      'lb-a',
      'quorum-b',
      'postgres-a',
    ]);
  });
});

describe('faultedHosts', () => {
  it('excuses targets of faults and hosts that cannot answer', () => {
    const hosts = [host('a', []), host('b', [], { state: 'isolated' }), host('c', [], { state: 'paused' })];
    const fault = { id: '1', kind: 'kill' as const, target: 'redis-a/redis', since: '' };
    expect(faultedHosts({ kill: { takes: ['service'], about: '' } }, hosts, [fault])).toEqual(
      new Set(['redis-a', 'b', 'c']),
    );
  });
});

describe('promotionTarget', () => {
  const members = [
    { name: 'postgres-a', role: 'primary', ready: false },
    { name: 'postgres-b', role: 'standby', ready: true },
    { name: 'replica-a', role: 'replica', ready: false },
  ];
  it('is the standby, or the one that is wanted', () => {
    expect(promotionTarget('database', members, 'postgres-a', undefined)).toBe('postgres-b');
    expect(promotionTarget('database', members, 'postgres-a', 'postgres-b')).toBe('postgres-b');
  });
  it.each([
    ['postgres-a', /is the database's primary already/],
    ['replica-a', /read replica and is never promoted/],
    ['postgres-z', /no standby of the database is called/],
  ])('refuses %s', (wanted, message) => {
    expect(() => promotionTarget('database', members, 'postgres-a', wanted)).toThrow(message);
  });
  it('is never the dead primary, which is listed as a standby that does not answer', () => {
    const dead = members.map((member) => ({ ...member, role: member.role === 'primary' ? 'standby' : member.role }));
    expect(promotionTarget('database', dead, null, undefined)).toBe('postgres-b');
  });
  it('needs a standby', () => {
    expect(() =>
      promotionTarget('cache', [{ name: 'redis-a', role: 'primary', ready: false }], 'redis-a', undefined),
    ).toThrow(/no standby/);
  });
});

describe('healthPathWarnings', () => {
  it('names servers that have no health check there', () => {
    const answers = [200, 503, null, 404].map((status) => ({ name: `answers-${status}`, status, notes: [] }));
    expect(healthPathWarnings({ spec }, answers)).toEqual([
      'answers-404 answers 404 at /health (loadBalancer.healthCheck.path): load balancers will take it for unhealthy',
    ]);
  });
});

describe('choosePort', () => {
  const other = { state: '/other', network: '10.78.0.0/16', port: 18_080 };
  it('passes over the port of another platform, unless the user insists on it', async () => {
    const record = { version: 1, platform: 'sbmcrm', network: '10.77.0.0/16', port: 18_080, createdAt: '' };
    expect(await choosePort(undefined, record, [other])).toBe(18_081);
    await expect(choosePort(18_080, undefined, [other])).rejects.toThrow('leads to the platform in /other');
  });
});

describe('summarise', () => {
  const member = (name: string, role: 'primary' | 'standby') =>
    ({ name, zone: 'a', role, state: 'running', timeline: 1, lagBytes: 0, lagSeconds: 0 }) as const;
  const replica = (change: Partial<DatabaseMember>): DatabaseMember => ({
    ...member('postgres-a', 'primary'),
    name: 'replica-a',
    role: 'replica',
    ...change,
  });
  const healthy: Observation = {
    hosts: topology.hosts.map(({ name }) =>
      name === 'lb-a' ? host(name, ['haproxy'], { addresses: ['10.77.1.10', '10.77.0.10'] }) : host(name, []),
    ),
    faults: [],
    backends: [{ name: 'sbmcrm-api-01', state: 'healthy', seenBy: {} }],
    database: {
      primary: 'postgres-a',
      replicationMode: 'sync',
      protected: true,
      members: [member('postgres-a', 'primary')],
    },
    cache: {
      primary: 'redis-a',
      members: [{ name: 'redis-a', zone: 'a', role: 'primary', linked: false }],
      sentinels: { up: 3, of: 3, quorum: 2 },
    },
    membersUp: { etcd: ['quorum-a', 'quorum-b', 'quorum-c'] },
    health: [{ name: 'sbmcrm-api-01', status: 200, notes: [] }],
    canary: { ok: true },
    entryAnswers: true,
    cloudAnswers: true,
  };
  const state = (change: Partial<Observation>) => summarise({ spec, topology, record }, { ...healthy, ...change });

  it('is healthy with a copy put aside, and says where that is', () => {
    const copy = {
      host: 'postgres-a',
      path: '/data/postgres/aside/timeline-1-from-0-30',
      commits: 12,
      isMissing: false,
    };
    const seen = state({ copies: [copy] });
    expect(seen).toMatchObject({ state: 'healthy', notices: [{ code: 'DATABASE_COPY_KEPT', host: 'postgres-a' }] });
    expect(seen.notices[0]?.text).toBe(
      'postgres-a keeps 12 transactions that the primary lacks in /data/postgres/aside/timeline-1-from-0-30: look, then `sbmcrm exec postgres-a -- rm -rf /data/postgres/aside`',
    );
  });

  it('is healthy when all is well', () => {
    expect(state({})).toMatchObject({ state: 'healthy', reasons: [], loadBalancer: { active: 'lb-a' } });
  });

  it.each<[string, ProblemCode, Partial<Observation>, RegExp]>([
    [
      'no room for a copy of what only one host has',
      'DATABASE_COPY_MISSING',
      { copies: [{ host: 'postgres-a', path: '/x', commits: undefined, isMissing: true }] },
      /postgres-a has transactions that the primary lacks, and no room/,
    ],
    [
      'a stopped host',
      'HOST_STOPPED',
      { hosts: [...healthy.hosts, host('x', [], { state: 'stopped', initPid: null })] },
      /host x is stopped/,
    ],
    [
      'a dead service',
      'SERVICE_DOWN',
      { hosts: [...healthy.hosts, host('x', ['redis'], { services: [{ name: 'redis', state: 'down', pid: null }] })] },
      /x\/redis is down/,
    ],
    ['no primary', 'DATABASE_NO_PRIMARY', { database: { ...healthy.database, primary: null } }, /no primary/],
    [
      'no synchronous standby',
      'DATABASE_UNPROTECTED',
      { database: { ...healthy.database, protected: false } },
      /no synchronous standby/,
    ],
    ['most of etcd away', 'ETCD_NO_QUORUM', { membersUp: { etcd: ['quorum-a'] } }, /^etcd has no quorum: /m],
    ['an etcd member away', 'ETCD_UNHEALTHY', { membersUp: { etcd: ['quorum-a', 'quorum-b'] } }, /etcd on quorum-c/],
    [
      'a Sentinel away',
      'SENTINEL_SILENT',
      { cache: { ...healthy.cache, sentinels: { up: 2, of: 3, quorum: 2 } } },
      /2 of 3 Sentinels/,
    ],
    [
      'an unhealthy backend',
      'SERVER_OUT',
      { backends: [{ name: 'y', state: 'unhealthy', seenBy: {} }] },
      /y is unhealthy/,
    ],
    ['a fault', 'FAULT_INJECTED', { faults: [{ id: '1', kind: 'isolate', target: 'z', since: '' }] }, /isolate z/],
    ['no daemon', 'CLOUD_SILENT', { cloudAnswers: false }, /local cloud does not answer/],
    [
      'two with the address',
      'ADDRESS_HELD_TWICE',
      { hosts: [...healthy.hosts, host('lb-b', ['haproxy'], { addresses: ['10.77.2.10', '10.77.0.10'] })] },
      /^lb-a and lb-b hold the same floating address$/m,
    ],
    ['nobody with the address', 'ADDRESS_UNHELD', { hosts: [] }, /no load balancer/],
    [
      'a canary that failed',
      'CANARY_FAILED',
      { canary: { ok: false, reason: 'a write was not acknowledged' } },
      /^a write was not ack/m,
    ],
    [
      'a replica far behind',
      'DATABASE_BEHIND',
      { database: { ...healthy.database, members: [member('postgres-a', 'primary'), replica({ lagSeconds: 88.4 })] } },
      /^replica-a is 88 s behind$/m,
    ],
    [
      'a host that somebody deleted',
      'HOST_MISSING',
      { hosts: healthy.hosts.filter(({ name }) => name !== 'redis-b') },
      /^there is no host redis-b: `sbmcrm up` makes it$/m,
    ],
    [
      'a disk that was deleted under a running host',
      'HOST_DISK_GONE',
      { hosts: [...healthy.hosts, host('x', [], { diskGone: true })] },
      /^the disk of x was deleted while it runs: .* gives it a new one\)$/m,
    ],
    [
      'a replica whose replay is paused',
      'DATABASE_REPLAY_PAUSED',
      { database: { ...healthy.database, members: [replica({ lagSeconds: 5, replayPaused: true })] } },
      /^replica-a is 5 s behind \(replay is paused\)$/m,
    ],
    [
      'a paused replay while nothing is written',
      'DATABASE_REPLAY_PAUSED',
      { database: { ...healthy.database, members: [replica({ replayPaused: true })] } },
      /^replay is paused on replica-a$/m,
    ],
    [
      'a health path that leads nowhere',
      'HEALTH_PATH_WRONG',
      { health: [{ name: 'y', status: 404, notes: [] }] },
      /^y answers 404 at \/health \(loadBalancer\.healthCheck\.path\)$/m,
    ],
    [
      'a server that calls itself unhealthy',
      'SERVER_UNWELL',
      { health: [{ name: 'y', status: 503, notes: ['database: login refused (28P01)', 'redis: no connection'] }] },
      /^y answers 503 at \/health: database: login refused \(28P01\), redis: no connection$/m,
    ],
    [
      'a server that is well, but has something to say',
      'SERVER_REMARK',
      { health: [{ name: 'y', status: 200, notes: ['database: out of connections (53300)'] }] },
      /^y: database: out of connections \(53300\)$/m,
    ],
    [
      'a running server that does not answer',
      'SERVER_SILENT',
      { hosts: [...healthy.hosts, host('y', ['router', 'api'])], health: [{ name: 'y', status: null, notes: [] }] },
      /^y does not answer at \/health$/m,
    ],
    [
      'a standby of the cache that has no copy',
      'CACHE_NOT_LINKED',
      {
        cache: {
          ...healthy.cache,
          members: [...healthy.cache.members, { name: 'redis-b', zone: 'b', role: 'standby', linked: false }],
        },
      },
      /Redis on redis-b does not follow/,
    ],
    [
      'somebody else’s API that is away',
      'EXTERNAL_API_AWAY',
      { health: [{ name: 'y', status: 200, notes: ['externalApis: payments is away'] }] },
      /^y: externalApis: payments is away$/m,
    ],
    ['a full disk of the machine', 'MACHINE_DISK_LOW', { machine: [{ kind: 'disk', text: 'only 3 MB' }] }, /only 3 MB/],
    ['a port that another has', 'PORT_SHADOWED', { machine: [{ kind: 'port', text: 'port 1' }] }, /port 1/],
  ])('is degraded by %s', (_what, code, change, reason) => {
    const status = state(change);
    expect(status.state).toBe('degraded');
    expect(status.problems.find((problem) => problem.code === code)?.text).toMatch(reason);
    expect(status.reasons).toEqual(status.problems.map(({ text }) => text));
  });

  it('has a line in the runbooks for each of its codes', () => {
    const runbooks = readFileSync(resolve(import.meta.dirname, '../../../docs/runbooks/README.md'), 'utf8');
    expect([...PROBLEM_CODES, ...NOTICE_CODES].filter((code) => !runbooks.includes(`\`${code}\``))).toEqual([]);
  });

  it('is down when the entry does not answer, and the canary has nothing to add', () => {
    const status = state({ entryAnswers: false, canary: { ok: false, reason: 'a write got no answer' } });
    expect(status.state).toBe('down');
    expect(status.reasons).toEqual(['http://127.0.0.1:8080 does not answer']);
  });

  it.each<[string, Partial<Observation>]>([
    [
      'a replica that is a little behind',
      { database: { ...healthy.database, members: [replica({ lagBytes: 900, lagSeconds: 9.9 })] } },
    ],
    [
      'a replica of which the time is not known',
      { database: { ...healthy.database, members: [replica({ lagBytes: 900, lagSeconds: null })] } },
    ],
  ])('is healthy with %s', (_what, change) => {
    expect(state(change)).toMatchObject({ state: 'healthy', reasons: [] });
  });

  it('says once that a server is down, not twice', () => {
    const down = host('y', ['api'], { services: [{ name: 'api', state: 'down', pid: null }] });
    const change = { hosts: [...healthy.hosts, down], health: [{ name: 'y', status: null, notes: [] }] };
    expect(state(change).reasons).toEqual(['y/api is down']);
  });

  it('tells of the canary', () => {
    expect(state({}).canary).toEqual({ ok: true });
    expect(state({ entryAnswers: false }).canary).toBeUndefined();
  });
});
