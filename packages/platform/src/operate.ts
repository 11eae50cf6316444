import {
  type DatabaseMember,
  failoverCache,
  failoverDatabase,
  type Secrets,
  switchoverDatabase,
} from '@sbmcrm/engines';
import { hostsInRole, hostsWith } from '@sbmcrm/topology';
import { type Progress, waitFor } from './progress.ts';
import { readSecrets } from './secrets.ts';
import { observeCache, observeDatabase } from './status.ts';
import type { Platform } from './workspace.ts';

export type Operation = 'failover' | 'switchover';

export interface OperationResult {
  operation: Operation;
  part: 'database' | 'cache';
  from: string | null;
  to: string;
  /** Until the new primary was seen. */
  elapsedMs: number;
}

const TIMEOUT_MS = 60_000;

/** A standby whose primary is dead runs, but has nothing to stream from. */
function withReady(member: DatabaseMember): DatabaseMember & { ready: boolean } {
  const runs = member.state === 'running' || member.state === 'starting';
  return { ...member, ready: member.role === 'standby' && runs };
}

/** The host to promote: the wanted one, or the standby that is ready. Pure. @throws Error in one line */
export function promotionTarget(
  part: string,
  members: readonly { name: string; role: string; ready: boolean }[],
  primary: string | null,
  wanted: string | undefined,
): string {
  const others = members.filter((member) => member.role !== 'replica' && member.name !== primary);
  const candidates = others.map((member) => member.name);
  if (wanted === undefined) {
    const ready = others.find((member) => member.ready);
    if (!ready) throw new Error(`the ${part} has no standby that is ready to be promoted (see \`sbmcrm status\`)`);
    return ready.name;
  }
  if (wanted === primary) throw new Error(`${wanted} is the ${part}'s primary already`);
  if (!candidates.includes(wanted)) {
    const isReplica = members.some((member) => member.name === wanted);
    throw new Error(
      isReplica
        ? `${wanted} is a read replica and is never promoted (candidates: ${candidates.join(', ')})`
        : `no standby of the ${part} is called "${wanted}" (candidates: ${candidates.join(', ')})`,
    );
  }
  return wanted;
}

/**
 * The guide's manual failover: the standby becomes primary.
 *
 * @param operation `switchover` needs a healthy primary and loses nothing; `failover` works without one
 * @param to default: the standby
 * @throws Error in one line, with the engine's reason
 */
export async function moveDatabase(
  platform: Platform,
  operation: Operation,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  const secrets = readSecrets(platform.paths);
  const before = await observeDatabase(platform);
  const target = promotionTarget('database', before.members.map(withReady), before.primary, to);
  if (operation === 'switchover' && !before.primary) {
    throw new Error('the database has no primary to switch over from: use `sbmcrm failover database`');
  }
  const hosts = hostsInRole(platform.topology, 'database', 'read-replica');
  const start = performance.now();
  await progress.step(`${operation} of the database: ${before.primary ?? 'no primary'} → ${target}`, async (note) => {
    if (operation === 'switchover' && before.primary) await switchoverDatabase(hosts, secrets, before.primary, target);
    else await failoverDatabase(hosts, secrets, target);
    await waitFor(
      async () => {
        const { primary } = await observeDatabase(platform);
        return primary === target ? undefined : `primary is ${primary ?? 'nobody'}`;
      },
      { timeoutMs: TIMEOUT_MS, note, hint: `see \`sbmcrm logs ${target}/patroni\`` },
    );
  });
  return {
    operation,
    part: 'database',
    from: before.primary,
    to: target,
    elapsedMs: Math.round(performance.now() - start),
  };
}

/** The same for the cache, through Sentinel. A cache of two has one candidate. */
export async function moveCache(
  platform: Platform,
  operation: Operation,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  const secrets: Secrets = readSecrets(platform.paths);
  const before = await observeCache(platform, secrets);
  const members = before.members.map((member) => ({ ...member, ready: member.role === 'standby' }));
  const target = promotionTarget('cache', members, before.primary, to);
  if (operation === 'switchover' && !before.primary) {
    throw new Error('the cache has no primary to switch over from: use `sbmcrm failover cache`');
  }
  const start = performance.now();
  await progress.step(`${operation} of the cache: ${before.primary ?? 'no primary'} → ${target}`, async (note) => {
    let accepted = false;
    await waitFor(
      async () => {
        if ((await observeCache(platform, secrets)).primary === target) return undefined;
        // Asked once only: a second request could move the role back.
        if (accepted) return 'Sentinel is at it';
        try {
          // Refused while Sentinel is busy with an earlier failover, or has not met the standby again yet.
          await failoverCache(hostsWith(platform.topology, 'sentinel'), secrets);
          accepted = true;
          return 'Sentinel has started';
        } catch (error) {
          return (error as Error).message;
        }
      },
      { timeoutMs: TIMEOUT_MS, note, hint: 'see `sbmcrm logs quorum-a/sentinel`' },
    );
  });
  return {
    operation,
    part: 'cache',
    from: before.primary,
    to: target,
    elapsedMs: Math.round(performance.now() - start),
  };
}
