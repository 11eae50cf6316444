import {
  type DatabaseMember,
  failoverCache,
  failoverDatabase,
  sentinelHosts,
  switchoverDatabase,
} from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from './opened.ts';
import { type Progress, waitFor } from './progress.ts';
import { readSecrets } from './secrets.ts';
import { observeCache, observeDatabase } from './status.ts';

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
    if (!ready)
      throw new ToolError(
        'NO_CANDIDATE',
        `the ${part} has no standby that is ready to be promoted (see \`sbmcrm status\`)`,
      );
    return ready.name;
  }
  if (wanted === primary) throw new ToolError('NO_CANDIDATE', `${wanted} is the ${part}'s primary already`);
  if (!candidates.includes(wanted)) {
    const isReplica = members.some((member) => member.name === wanted);
    throw new ToolError(
      'NO_CANDIDATE',
      isReplica
        ? `${wanted} is a read replica and is never promoted (candidates: ${candidates.join(', ')})`
        : `no standby of the ${part} is called "${wanted}" (candidates: ${candidates.join(', ')})`,
    );
  }
  return wanted;
}

/** What moves a role in one engine. */
interface Mover {
  part: OperationResult['part'];
  /** Who is primary, and who could be. */
  look(): Promise<{ primary: string | null; members: readonly { name: string; role: string; ready: boolean }[] }>;
  /**
   * Asks the engine; again until it has accepted.
   *
   * @throws Error in one line, with the engine's reason, when it will not accept later either
   * @returns undefined once it has accepted, else why not yet
   */
  ask(target: string, before: string | null): Promise<string | undefined>;
  /** What is waited for once it has. */
  waiting(primary: string | null): string;
  /** Where to look when it does not come. */
  hint(target: string): string;
}

/**
 * The guide's manual failover: a standby becomes primary.
 *
 * @param operation `switchover` needs a healthy primary and loses nothing; `failover` works without one
 * @param to default: the standby
 * @throws Error in one line, with the engine's reason
 */
async function move(
  mover: Mover,
  operation: Operation,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  const { part } = mover;
  const { primary: from, members } = await mover.look();
  const target = promotionTarget(part, members, from, to);
  if (operation === 'switchover' && !from) {
    throw new ToolError(
      'NO_CANDIDATE',
      `the ${part} has no primary to switch over from: use \`sbmcrm failover ${part}\``,
    );
  }
  const start = performance.now();
  await progress.step(`${operation} of the ${part}: ${from ?? 'no primary'} → ${target}`, async (note) => {
    // Asked until it has accepted, and once only: a second request could move the role back.
    let accepted = false;
    await waitFor(
      async () => {
        const { primary } = await mover.look();
        if (primary === target) return undefined;
        if (accepted) return mover.waiting(primary);
        const refusal = await mover.ask(target, from);
        accepted = refusal === undefined;
        return refusal ?? mover.waiting(primary);
      },
      { timeoutMs: TIMEOUT_MS, note, hint: mover.hint(target) },
    );
  });
  return { operation, part, from, to: target, elapsedMs: Math.round(performance.now() - start) };
}

/** Moves the database's primary, by Patroni. See {@link move}. */
export function moveDatabase(
  platform: Platform,
  operation: Operation,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  const secrets = readSecrets(platform.paths);
  const hosts = hostsInRole(platform.topology, 'database', 'read-replica');
  const mover: Mover = {
    part: 'database',
    look: async () => {
      const { primary, members } = await observeDatabase(platform);
      return { primary, members: members.map(withReady) };
    },
    ask: async (target, before) => {
      if (operation === 'switchover' && before) await switchoverDatabase(hosts, secrets, before, target);
      else await failoverDatabase(hosts, secrets, target);
      return undefined;
    },
    waiting: (primary) => `primary is ${primary ?? 'nobody'}`,
    hint: (target) => `see \`sbmcrm logs ${target}/patroni\``,
  };
  return move(mover, operation, to, progress);
}

/** Moves the cache's primary, by Sentinel. A cache of two has one candidate. See {@link move}. */
export function moveCache(
  platform: Platform,
  operation: Operation,
  to: string | undefined,
  progress: Progress,
): Promise<OperationResult> {
  const secrets = readSecrets(platform.paths);
  const mover: Mover = {
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
  return move(mover, operation, to, progress);
}
