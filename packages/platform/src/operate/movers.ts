import type { RoleMover } from '@sbmcrm/cloud';
import {
  agentAnswers,
  type DatabaseMember,
  etcdClient,
  failoverCache,
  failoverDatabase,
  forgetLead,
  isByHand,
  leaderKey,
  letLead,
  sentinelHosts,
  switchoverDatabase,
} from '@sbmcrm/engines';
import { type Host, hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { readSecrets } from '../secrets.ts';
import { observeCache, observeDatabase } from '../status.ts';

const byName = (first: string) => (x: Host, y: Host) => Number(y.name === first) - Number(x.name === first);

/** A standby whose primary is dead runs, but has nothing to stream from. */
function withReady(member: DatabaseMember): DatabaseMember & { ready: boolean } {
  const runs = member.state === 'running' || member.state === 'starting';
  return { ...member, ready: member.role === 'standby' && runs };
}

/** A host that was fenced for a failover, and how it is to be afterwards. */
interface Fenced {
  host: string;
  token: string;
  /** It ran before. */
  wasUp: boolean;
}

/**
 * Moves the database's primary, by Patroni.
 *
 * A failover away from a primary whose Patroni does not answer would wait for the end of its lease. The operator has decided, so it does
 * not: the host is fenced, and then its lease is ended. In that order, and the lease is the one that was seen before: whoever holds
 * another one by then is not the host that was meant.
 */
export function patroniMover(
  platform: Platform,
): RoleMover & { readonly fenced?: Fenced | undefined; settle(): Promise<void>; release(): Promise<void> } {
  const secrets = readSecrets(platform.paths);
  const { topology, cloud } = platform;
  const hosts = hostsInRole(topology, 'database', 'read-replica');
  let fenced: Fenced | undefined;
  /** The candidate has to agree, and answers soonest; the others may be what is lost. */
  const candidateFirst = (target: string) => [...hosts].sort(byName(target));
  /** @returns whether it was its lease; if not, there is nothing to take */
  const takeAway = async (host: string): Promise<boolean> => {
    const etcd = etcdClient(topology, secrets);
    const held = await etcd.read(leaderKey(topology));
    if (held?.value !== host) return false;
    const { initPid } = await cloud.hostState(host);
    const token = `failover-${new Date().toISOString()}`;
    await cloud.fence(host, token);
    fenced = { host, token, wasUp: initPid !== null };
    await etcd.revoke(held.lease);
    return true;
  };
  return {
    part: 'database',
    get fenced() {
      return fenced;
    },
    settle: async () => {
      if (isByHand(platform)) await forgetLead(hosts, secrets);
    },
    release: async () => {
      if (fenced?.wasUp) await cloud.startHost(fenced.host, { fence: fenced.token });
    },
    look: async () => {
      const { primary, members } = await observeDatabase(platform);
      return { primary, members: members.map(withReady) };
    },
    ask: async (move, target, before) => {
      const candidate = hosts.find(({ name }) => name === target);
      if (isByHand(platform) && candidate) {
        const waits = await letLead(candidateFirst(target), secrets, candidate);
        if (waits !== undefined) return waits;
      }
      if (move === 'switchover' && before) {
        await switchoverDatabase(candidateFirst(target), secrets, before, target);
        return undefined;
      }
      const { members } = await observeDatabase(platform);
      const silent = members.find(({ role, state }) => role === 'primary' && state === 'unknown')?.name;
      const host = hosts.find(({ name }) => name === silent && name !== target);
      // One that runs is asked once more, with patience: on a busy machine an answer may take longer than a look does.
      const runs = host && (await cloud.hostState(host.name)).state === 'running';
      if (host && !(runs && (await agentAnswers(host))) && (await takeAway(host.name))) return undefined;
      await failoverDatabase(candidateFirst(target), secrets, target);
      return undefined;
    },
    waiting: (primary) => `primary is ${primary ?? 'nobody'}`,
    hint: (target) => `see \`sbmcrm logs ${target}/patroni\``,
  };
}

/** Moves the cache's primary, by Sentinel. A cache of two has one candidate. */
export function sentinelMover(platform: Platform): RoleMover {
  const secrets = readSecrets(platform.paths);
  return {
    part: 'cache',
    look: async () => {
      const { primary, members } = await observeCache(platform, secrets);
      return { primary, members: members.map((member) => ({ ...member, ready: member.role === 'standby' })) };
    },
    // Refused while Sentinel is busy with an earlier failover, or has not met the standby again yet.
    ask: () =>
      failoverCache(sentinelHosts(platform.topology), secrets).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    waiting: () => 'Sentinel is at it',
    hint: () => 'see `sbmcrm logs quorum-a/sentinel`',
  };
}
