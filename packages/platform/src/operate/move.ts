import type { RoleMove, RoleMover } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import { type Progress, waitFor } from '../progress.ts';

export interface OperationResult {
  operation: RoleMove;
  part: RoleMover['part'];
  from: string | null;
  to: string;
  /** Until the new primary was seen. */
  elapsedMs: number;
  /** The old primary did not answer: it was fenced, and then started again. */
  fenced?: string;
}

const TIMEOUT_MS = 60_000;

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

/**
 * The guide's manual failover: a standby becomes primary.
 *
 * @param operation `switchover` needs a healthy primary and loses nothing; `failover` works without one
 * @param to default: the standby
 * @throws Error in one line, with the engine's reason
 */
export async function move(
  mover: RoleMover,
  operation: RoleMove,
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
        const refusal = await mover.ask(operation, target, from);
        accepted = refusal === undefined;
        return refusal ?? mover.waiting(primary);
      },
      { timeoutMs: TIMEOUT_MS, note, hint: mover.hint(target) },
    );
  });
  return { operation, part, from, to: target, elapsedMs: Math.round(performance.now() - start) };
}
