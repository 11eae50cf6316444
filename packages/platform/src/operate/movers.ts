import type { RoleMover } from '@sbmcrm/cloud';
import {
  type DatabaseMember,
  failoverCache,
  failoverDatabase,
  sentinelHosts,
  switchoverDatabase,
} from '@sbmcrm/engines';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { readSecrets } from '../secrets.ts';
import { observeCache, observeDatabase } from '../status.ts';

/** A standby whose primary is dead runs, but has nothing to stream from. */
function withReady(member: DatabaseMember): DatabaseMember & { ready: boolean } {
  const runs = member.state === 'running' || member.state === 'starting';
  return { ...member, ready: member.role === 'standby' && runs };
}

/** Moves the database's primary, by Patroni. */
export function patroniMover(platform: Platform): RoleMover {
  const secrets = readSecrets(platform.paths);
  const hosts = hostsInRole(platform.topology, 'database', 'read-replica');
  return {
    part: 'database',
    look: async () => {
      const { primary, members } = await observeDatabase(platform);
      return { primary, members: members.map(withReady) };
    },
    ask: async (move, target, before) => {
      if (move === 'switchover' && before) await switchoverDatabase(hosts, secrets, before, target);
      else await failoverDatabase(hosts, secrets, target);
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
