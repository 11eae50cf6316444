import type { HostStatus } from '@sbmcrm/cloud';
import { type DatabaseMember, ENGINES, MOST_HELD_BYTES } from '@sbmcrm/engines';
import type { MachineCondition } from '@sbmcrm/local';
import { hostsWith, type ServiceName } from '@sbmcrm/topology';
import type { Platform } from '../../opened.ts';
import { damageText } from '../../repair/decide.ts';
import { commitsText } from '../notices.ts';
import type { Observation } from '../observation.ts';
import type { Problem, ProblemCode } from '../problem.ts';
import { ofEntry } from './entry.ts';
import { ofLogins } from './logins.ts';

const engines = Object.entries(ENGINES) as [ServiceName, (typeof ENGINES)[ServiceName]][];

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
    ...ofMissing(platform, seen),
    ...seen.hosts.flatMap((host) => ofHost(host, seen)),
    ...ofRooms(platform, seen),
    ...ofDamage(seen),
    ...unlessDamaged(seen, [
      ...ofMembers(platform, seen),
      ...ofDatabase(platform, seen),
      ...ofCopies(seen),
      ...ofCache(seen),
    ]),
    ...ofServers(seen),
    ...ofLogins(seen, Date.now()),
    ...ofEntry(platform, seen),
    ...ofAlerts(platform, seen, Date.now()),
    ...seen.faults.map(
      ({ id, kind, target }): Problem => ({ code: 'FAULT_INJECTED', text: `fault ${id}: ${kind} ${target}` }),
    ),
  ];
}

const MACHINE_CODES: Record<MachineCondition['kind'], ProblemCode> = {
  port: 'PORT_SHADOWED',
  disk: 'MACHINE_DISK_LOW',
};

/** Hosts of the spec that do not exist: somebody deleted them, or they were written into the spec since `up` ran. */
function ofMissing({ topology }: Pick<Platform, 'topology'>, { hosts, cloudAnswers }: Observation): Problem[] {
  if (!cloudAnswers) return [];
  const missing = topology.hosts.filter(({ name }) => !hosts.some((host) => host.name === name));
  return missing.map(({ name: host }) => ({
    code: 'HOST_MISSING',
    host,
    text: `there is no host ${host}: \`sbmcrm up\` makes it`,
  }));
}

function ofHost(
  { name: host, state, diskFailed, diskGone, services }: HostStatus,
  { words }: Pick<Observation, 'words'>,
): Problem[] {
  const disk: Problem = {
    code: 'HOST_DISK_FAILED',
    host,
    text: `the disk of ${host} takes no writes any more: \`sbmcrm up\` starts the host again`,
  };
  const gone: Problem = {
    code: 'HOST_DISK_GONE',
    host,
    text: `the disk of ${host} was deleted while it runs: what is on it goes when it stops (\`sbmcrm up\` gives it a new one)`,
  };
  const down = services.filter((service) => service.state === 'down');
  return [
    ...(diskFailed ? [disk] : []),
    ...(diskGone ? [gone] : []),
    ...(state === 'running'
      ? down.map(({ name }): Problem => {
          const why = words?.get(`${host}/${name}`);
          return { code: 'SERVICE_DOWN', host, text: `${host}/${name} is down${why === undefined ? '' : `: ${why}`}` };
        })
      : [{ code: HOST_CODES[state], host, text: `host ${host} is ${state}` }]),
  ];
}

/** Data that are of no use: what has them never comes up by itself. */
function ofDamage({ damages = [] }: Observation): Problem[] {
  return damages.map((damage) => ({
    code: damage.code,
    host: damage.host,
    text: `${damageText(damage)} (\`sbmcrm up\` gets them again, or \`sbmcrm repair ${damage.host}\`)`,
  }));
}

/** That a member is not well is told with its damage already. */
function unlessDamaged({ damages = [] }: Observation, problems: Problem[]): Problem[] {
  const told: ProblemCode[] = ['ETCD_UNHEALTHY', 'DATABASE_NOT_RUNNING', 'CACHE_NOT_LINKED'];
  return problems.filter(({ host, code }) => !(told.includes(code) && damages.some((each) => each.host === host)));
}

/** Disks past the spec's bound: a full one is the cause of what is told below. */
function ofRooms({ spec }: Pick<Platform, 'spec'>, { rooms = new Map() }: Observation): Problem[] {
  const bound = spec.alerts.warning.disk;
  return [...rooms].flatMap(([host, { size, free }]) => {
    const used = Math.floor((100 * (size - free)) / size);
    const text = `the disk of ${host} is ${used} % full, ${Math.floor(free / 1024 ** 2)} MB are free (alerts.warning.disk: ${bound} %)`;
    return used >= bound ? [{ code: 'HOST_DISK_LOW' as const, host, text }] : [];
  });
}

function ofMembers({ topology }: Pick<Platform, 'topology'>, { membersUp, membersFull }: Observation): Problem[] {
  return engines.flatMap(([service, { member }]) => {
    if (!member) return [];
    const all = hostsWith(topology, service);
    const silent = all.filter(({ name }) => !membersUp[service]?.includes(name));
    const { noQuorum, full } = member;
    const isFull = full && membersFull?.includes(service);
    const few = noQuorum && silent.length >= all.length / 2 ? [{ code: noQuorum.problem, text: noQuorum.text }] : [];
    return [
      ...(isFull ? [{ code: full.problem, text: `${full.text} (\`sbmcrm up\` makes room)` }] : []),
      ...few,
      ...silent.map(({ name: host }) => ({ code: member.problem, host, text: `${service} on ${host} is not healthy` })),
    ];
  });
}

/** Alertmanager says each minute that alerts work; three are no accident, and enough for a start. */
const SILENT_MS = 3 * 60_000;

/** Nobody would be told of anything. Pure. @param now milliseconds since the epoch */
export function ofAlerts(
  { spec }: Pick<Platform, 'spec'>,
  { alertsAliveMs }: Pick<Observation, 'alertsAliveMs'>,
  now: number,
): Problem[] {
  if (!spec.monitoring.enabled || alertsAliveMs === undefined || now - alertsAliveMs < SILENT_MS) return [];
  const minutes = Math.floor((now - alertsAliveMs) / 60_000);
  return [
    {
      code: 'ALERTS_SILENT',
      text: `nobody has heard for ${minutes} min that alerts work: of what happens now nobody is told`,
    },
  ];
}

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
  // As the spec wants it.
  const byHand = spec.database.automaticFailover.enabled
    ? ''
    : ' (nobody is promoted without being told: `sbmcrm failover database`)';
  return [
    ...(primary ? [] : [{ code: 'DATABASE_NO_PRIMARY' as const, text: `the database has no primary${byHand}` }]),
    ...members.flatMap((member) => ofDatabaseMember(member, spec.alerts.critical.replicationLag)),
    ...(isAlone
      ? [{ code: 'DATABASE_UNPROTECTED' as const, text: 'no synchronous standby: a write is on one host only' }]
      : []),
  ];
}

/** Of the log that a slot may hold, the share past which somebody should know. */
const HELD_SHARE = 0.5;

/** What servers say of their own files. */
function ofServers({ servers, database }: Observation): Problem[] {
  const mb = (bytes: number) => Math.round(bytes / 1024 ** 2);
  const damaged = (servers?.checksums ?? []).map(({ host, failures, page }): Problem => {
    const where = page ? `, last block ${page.block} of relation ${page.relation}` : '';
    const first = database.primary === host ? '`sbmcrm failover database`, then ' : '';
    return {
      code: 'DATABASE_CHECKSUM',
      host,
      text: `PostgreSQL on ${host} found ${failures} page${failures === 1 ? '' : 's'} with a wrong checksum${where} (${first}\`sbmcrm repair ${host} --force\` copies it anew)`,
    };
  });
  const held = (servers?.slots ?? []).filter(({ heldBytes }) => heldBytes > HELD_SHARE * MOST_HELD_BYTES);
  return [
    ...damaged,
    ...held.map(
      ({ name, heldBytes }): Problem => ({
        code: 'DATABASE_SLOT_HOLDS',
        text: `the primary keeps ${mb(heldBytes)} MB of its log for ${name.replaceAll('_', '-')}: past ${mb(MOST_HELD_BYTES)} MB it is kept no more, and that one is copied anew`,
      }),
    ),
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
