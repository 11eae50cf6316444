import { endMaintenance, endService, isStarting } from '@sbmcrm/engines';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { waitFor } from '../progress.ts';
import { runIn } from '../repair/hosts.ts';
import { readSecrets } from '../secrets.ts';
import type { Problem, ProblemCode } from '../status/problem.ts';
import { observeDatabase, platformStatus } from '../status.ts';
import { isVoting } from './plan.ts';
import { returnToRotation } from './settle.ts';

/** What steps wait for, between one thing and the next. */
export interface Waits {
  /** Until this database host leads, or there is no more reason to wait for it. */
  primary(host: string, note: (text: string) => void): Promise<void>;
  /** Until a host that is fenced does not hold the database's lease any more: started before, it would go on where it was. */
  leadsNoMore(host: string, note: (text: string) => void): Promise<void>;
  /** Until an API server has answered what it was asked, and has ended; the way to the database would end in the same moment as it. */
  answered(host: string): Promise<void>;
  /** Until a host has back what taking over a new configuration took away. */
  recovered(host: string, services: readonly string[], note: (text: string) => void): Promise<void>;
}

/**
 * How long the last primary may take to be seen starting before the other database hosts are started without it. While its
 * PostgreSQL recovers it is waited for, however long that takes: only it has every acknowledged write.
 */
const LAST_PRIMARY_TIMEOUT_MS = 30_000;
/** A lease that does not end in so many times its length is not going to. */
const LEASES = 3;
/** As long as a request may take, in seconds, and some. */
const DRAIN_S = 35;
/** Between two hosts: what one host's restart took away must be back first. */
const RECOVER_TIMEOUT_MS = 60_000;

/** No restart brings these about, and none takes them away. */
const NOT_BY_RESTART: ProblemCode[] = ['EXTERNAL_API_AWAY', 'HOST_DISK_LOW', 'DATABASE_CHECKSUM'];

/** What a host has not got back yet. Pure. */
export function lackOf(problems: readonly Problem[], host: string): string | undefined {
  return problems.find((problem) => problem.host === host && !NOT_BY_RESTART.includes(problem.code))?.text;
}

/**
 * Whether nothing comes back before other hosts have their new configuration, too: members of etcd whose certificates are of different
 * authorities, or have ended, do not take each other's, and the database's agents reach neither. Pure.
 */
export const waitsForOthers = (problems: readonly Problem[], host: string): boolean =>
  problems.some((each) => each.code === 'ETCD_LOGIN_REFUSED' && each.host !== host);

/** Waits for the engines of a platform. */
export function platformWaits(platform: Platform, signal?: AbortSignal): Waits {
  const database = hostsInRole(platform.topology, 'database');
  return {
    primary: async (name, note) => {
      const host = platform.topology.hosts.find((each) => each.name === name);
      const start = performance.now();
      await waitFor(
        async () => {
          const [{ primary, maintenance }, recovers] = await Promise.all([
            observeDatabase(platform),
            host ? isStarting(host) : false,
          ]);
          if (primary !== null) return undefined;
          // All of them were off: what was to be left alone is no more as it was left.
          if (maintenance) await endMaintenance(database, readSecrets(platform.paths)).catch(() => {});
          const patience = recovers || performance.now() - start < LAST_PRIMARY_TIMEOUT_MS;
          return patience ? `${name} was primary last and comes first${recovers ? ': it recovers' : ''}` : undefined;
        },
        { timeoutMs: Number.POSITIVE_INFINITY, note, signal },
      );
    },
    leadsNoMore: (name, note) =>
      waitFor(
        async () => {
          const { members } = await observeDatabase(platform);
          // As the others have it: it is down itself. Where nobody answers there is no lease to go on with either.
          const leads = members.some((member) => member.name === name && member.role === 'primary');
          return leads ? `${name} is fenced, and its lease as the database's primary has not ended yet` : undefined;
        },
        { timeoutMs: LEASES * platform.spec.database.leaseTtl, note, signal },
      ),
    answered: async (name) => {
      const host = (await platform.cloud.listHosts()).find((each) => each.name === name);
      if (host?.state !== 'running' || !host.services.some((service) => service.name === 'api')) return;
      await runIn(platform.cloud, name, endService('api', DRAIN_S).join('\n'));
    },
    recovered: async (host, services, note) => {
      const servers = (await platform.cloud.listHosts()).filter(({ name }) => name === host);
      await waitFor(
        async () => {
          // A check of the load balancers that fell into the restart: two more, of the guide's half minute, would be waited for.
          if (services.includes('api')) await returnToRotation(platform, servers);
          const status = await platformStatus(platform);
          if (services.some(isVoting) && waitsForOthers(status.problems, host)) return undefined;
          return lackOf(status.problems, host) ?? (status.database.primary ? undefined : 'the database has no primary');
        },
        { timeoutMs: RECOVER_TIMEOUT_MS, note },
      );
    },
  };
}
