import { dirname } from 'node:path';
import type { HostStatus } from '@sbmcrm/cloud';
import { type DatabaseMember, ENGINES, type HealthAnswer, type MemberCheck } from '@sbmcrm/engines';
import type { MachineCondition } from '@sbmcrm/local';
import { hostsWith, type ServiceName } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import type { Observation } from './observation.ts';
import { apiUrl } from './observe.ts';

const engines = Object.entries(ENGINES) as [ServiceName, (typeof ENGINES)[ServiceName]][];

/**
 * What can be wrong with a platform, apart from single engines. A code is part of the contract: scripts look for it, and docs/runbooks says under it what to do.
 * Add, never rename.
 */
const OWN_CODES = [
  'PLATFORM_DOWN',
  'PORT_SHADOWED',
  'MACHINE_DISK_LOW',
  'CLOUD_SILENT',
  'HOST_DISK_FAILED',
  'HOST_STOPPED',
  'HOST_PAUSED',
  'HOST_ISOLATED',
  'HOST_FENCED',
  'SERVICE_DOWN',
  'DATABASE_NO_PRIMARY',
  'DATABASE_NOT_RUNNING',
  'DATABASE_BEHIND',
  'DATABASE_REPLAY_PAUSED',
  'DATABASE_UNPROTECTED',
  'DATABASE_COPY_MISSING',
  'CACHE_NO_PRIMARY',
  'CACHE_NOT_LINKED',
  'SENTINEL_SILENT',
  'ADDRESS_UNHELD',
  'ADDRESS_HELD_TWICE',
  'SERVER_OUT',
  'SERVER_SILENT',
  'SERVER_UNWELL',
  'SERVER_REMARK',
  'EXTERNAL_API_AWAY',
  'HEALTH_PATH_WRONG',
  'ENTRY_SILENT',
  'CANARY_FAILED',
  'FAULT_INJECTED',
] as const;
export type ProblemCode =
  | (typeof OWN_CODES)[number]
  | MemberCheck['problem']
  | NonNullable<MemberCheck['noQuorum']>['problem'];

/** All of them, those of engines included. */
export const PROBLEM_CODES: readonly ProblemCode[] = [
  ...OWN_CODES,
  ...engines.flatMap(([, { member }]) => [member?.problem ?? [], member?.noQuorum?.problem ?? []].flat()),
];

/** What is no problem; part of the contract as {@link OWN_CODES} are. */
export const NOTICE_CODES = ['DATABASE_COPY_KEPT'] as const;

export interface Notice {
  code: (typeof NOTICE_CODES)[number];
  host?: string;
  /** One line for people. */
  text: string;
}

export interface Problem {
  code: ProblemCode;
  /** The host that it is about; missing where it is about more than one. */
  host?: string;
  /** One line for people: what, where, and what to do where that is one command. */
  text: string;
}

const HOST_CODES: Record<Exclude<HostStatus['state'], 'running'>, ProblemCode> = {
  stopped: 'HOST_STOPPED',
  paused: 'HOST_PAUSED',
  isolated: 'HOST_ISOLATED',
  fenced: 'HOST_FENCED',
};

/** A platform that is down on purpose, and nothing else is known of. */
export const PLATFORM_DOWN: Problem = {
  code: 'PLATFORM_DOWN',
  text: 'the platform is down: `sbmcrm up` brings it back with its data',
};

/** What is wrong with a platform as it was seen, causes first. Pure. */
export function problemsOf(platform: Pick<Platform, 'spec' | 'topology' | 'record'>, seen: Observation): Problem[] {
  const machine = (seen.machine ?? []).map(({ kind, text }): Problem => ({ code: MACHINE_CODES[kind], text }));
  const silent: Problem = {
    code: 'CLOUD_SILENT',
    text: 'the local cloud does not answer (`sbmcrm up` starts it again)',
  };
  return [
    // What the machine lacks shows everywhere else.
    ...machine,
    ...(seen.cloudAnswers ? [] : [silent]),
    ...seen.hosts.flatMap(ofHost),
    ...ofMembers(platform, seen),
    ...ofDatabase(platform, seen),
    ...ofCopies(seen),
    ...ofCache(seen),
    ...ofEntry(platform, seen),
    ...seen.faults.map(
      ({ id, kind, target }): Problem => ({ code: 'FAULT_INJECTED', text: `fault ${id}: ${kind} ${target}` }),
    ),
  ];
}

const MACHINE_CODES: Record<MachineCondition['kind'], ProblemCode> = {
  port: 'PORT_SHADOWED',
  disk: 'MACHINE_DISK_LOW',
};

function ofHost({ name: host, state, diskFailed, services }: HostStatus): Problem[] {
  const disk: Problem = {
    code: 'HOST_DISK_FAILED',
    host,
    text: `the disk of ${host} takes no writes any more: \`sbmcrm up\` starts the host again`,
  };
  const down = services.filter((service) => service.state === 'down');
  return [
    ...(diskFailed ? [disk] : []),
    ...(state === 'running'
      ? down.map(({ name }): Problem => ({ code: 'SERVICE_DOWN', host, text: `${host}/${name} is down` }))
      : [{ code: HOST_CODES[state], host, text: `host ${host} is ${state}` }]),
  ];
}

function ofMembers({ topology }: Pick<Platform, 'topology'>, { membersUp }: Observation): Problem[] {
  return engines.flatMap(([service, { member }]) => {
    if (!member) return [];
    const all = hostsWith(topology, service);
    const silent = all.filter(({ name }) => !membersUp[service]?.includes(name));
    const { noQuorum } = member;
    const few = noQuorum && silent.length >= all.length / 2 ? [{ code: noQuorum.problem, text: noQuorum.text }] : [];
    return [
      ...few,
      ...silent.map(({ name: host }) => ({ code: member.problem, host, text: `${service} on ${host} is not healthy` })),
    ];
  });
}

/** What is to be known of a platform, as it was seen. Pure. */
export function noticesOf({ copies = [] }: Pick<Observation, 'copies'>): Notice[] {
  return copies
    .filter(({ isMissing }) => !isMissing)
    .map(({ host, path, commits }) => ({
      code: 'DATABASE_COPY_KEPT',
      host,
      text: `${host} keeps ${commitsText(commits)} that the primary lacks in ${path}: look, then \`sbmcrm exec ${host} -- rm -rf ${dirname(path)}\``,
    }));
}

const commitsText = (commits: number | undefined) =>
  commits === undefined ? 'transactions' : commits === 1 ? '1 transaction' : `${commits} transactions`;

function ofCopies({ copies = [] }: Pick<Observation, 'copies'>): Problem[] {
  return copies
    .filter(({ isMissing }) => isMissing)
    .map(({ host, commits }) => ({
      code: 'DATABASE_COPY_MISSING',
      host,
      text: `${host} has ${commitsText(commits)} that the primary lacks, and no room for a copy: it stays out until there is some`,
    }));
}

function ofDatabase({ spec }: Pick<Platform, 'spec'>, { database }: Observation): Problem[] {
  const { primary, replicationMode, members } = database;
  const isAlone = replicationMode === 'sync' && primary !== null && !database.protected;
  return [
    ...(primary ? [] : [{ code: 'DATABASE_NO_PRIMARY' as const, text: 'the database has no primary' }]),
    ...members.flatMap((member) => ofDatabaseMember(member, spec.alerts.critical.replicationLag)),
    ...(isAlone
      ? [{ code: 'DATABASE_UNPROTECTED' as const, text: 'no synchronous standby: a write is on one host only' }]
      : []),
  ];
}

/** Why a member is no good copy of the primary. @param limitMs how far behind it may be */
function ofDatabaseMember({ name: host, state, lagSeconds, replayPaused }: DatabaseMember, limitMs: number): Problem[] {
  if (state !== 'running') return [{ code: 'DATABASE_NOT_RUNNING', host, text: `PostgreSQL on ${host} is ${state}` }];
  const behind = lagSeconds !== null && lagSeconds >= 1 ? `${Math.round(lagSeconds)} s` : undefined;
  if (replayPaused) {
    const text = behind ? `${host} is ${behind} behind (replay is paused)` : `replay is paused on ${host}`;
    return [{ code: 'DATABASE_REPLAY_PAUSED', host, text }];
  }
  const isBehind = lagSeconds !== null && lagSeconds * 1000 > limitMs;
  return isBehind ? [{ code: 'DATABASE_BEHIND', host, text: `${host} is ${behind} behind` }] : [];
}

function ofCache({ cache: { primary, members, sentinels } }: Observation): Problem[] {
  const unlinked = members.filter((member) => member.role !== 'primary' && !member.linked);
  return [
    ...(primary ? [] : [{ code: 'CACHE_NO_PRIMARY' as const, text: 'the cache has no primary' }]),
    ...unlinked.map(
      ({ name: host }): Problem => ({
        code: 'CACHE_NOT_LINKED',
        host,
        text: `Redis on ${host} does not follow the primary`,
      }),
    ),
    ...(sentinels.up < sentinels.of
      ? [{ code: 'SENTINEL_SILENT' as const, text: `${sentinels.up} of ${sentinels.of} Sentinels answer` }]
      : []),
  ];
}

function ofEntry(platform: Pick<Platform, 'spec' | 'topology' | 'record'>, seen: Observation): Problem[] {
  const { spec, topology } = platform;
  const isHeld = seen.hosts.some((host) => host.addresses.includes(topology.network.floating.public));
  const twice = heldTwice(topology, seen.hosts);
  const out = seen.backends.filter((backend) => backend.state !== 'healthy');
  return [
    ...(isHeld ? [] : [{ code: 'ADDRESS_UNHELD' as const, text: 'no load balancer holds the public address' }]),
    ...(twice.length > 1
      ? [{ code: 'ADDRESS_HELD_TWICE' as const, text: `${twice.join(' and ')} hold the same floating address` }]
      : []),
    ...out.map(
      ({ name: host, state }): Problem => ({
        code: 'SERVER_OUT',
        host,
        text: `${host} is ${state} behind the load balancer`,
      }),
    ),
    ...seen.health.flatMap((answer) => ofServer(answer, spec.loadBalancer.healthCheck.path, seen.hosts)),
    ...(seen.entryAnswers
      ? seen.canary.ok
        ? []
        : [{ code: 'CANARY_FAILED' as const, text: seen.canary.reason }]
      : [{ code: 'ENTRY_SILENT' as const, text: `${apiUrl(platform)} does not answer` }]),
  ];
}

/** Hosts that hold a floating address of which there is another holder. */
function heldTwice({ network }: Platform['topology'], hosts: readonly HostStatus[]): string[] {
  const holders = Object.values(network.floating).map((address) =>
    hosts.filter(({ addresses }) => addresses.includes(address)).map(({ name }) => name),
  );
  return holders.find((each) => each.length > 1) ?? [];
}

/** Why an API server is not well by its own word. That it cannot answer, where its host does not run, is told already. */
function ofServer({ name: host, status, notes }: HealthAnswer, path: string, hosts: readonly HostStatus[]): Problem[] {
  const own = hosts.find((each) => each.name === host);
  const runs = own?.state === 'running' && own.services.every((service) => service.state === 'up');
  if (status === null) {
    return runs ? [{ code: 'SERVER_SILENT', host, text: `${host} does not answer at ${path}` }] : [];
  }
  const words = notes.join(', ');
  if (status === 200) {
    const isForeign = notes.every((note) => note.startsWith('externalApis:'));
    const code = isForeign ? 'EXTERNAL_API_AWAY' : 'SERVER_REMARK';
    return notes.length > 0 ? [{ code, host, text: `${host}: ${words}` }] : [];
  }
  return notes.length > 0
    ? [{ code: 'SERVER_UNWELL', host, text: `${host} answers ${status} at ${path}: ${words}` }]
    : [
        {
          code: 'HEALTH_PATH_WRONG',
          host,
          text: `${host} answers ${status} at ${path} (loadBalancer.healthCheck.path)`,
        },
      ];
}
