import type { DatabaseFailure } from '../primary/classify.ts';

/**
 * What a failed piece of work says about the primary.
 *
 * - `close`: the server, or the network in its place, said that it is not the primary (any more). Nobody else goes in.
 * - `doubt`: nothing was said in time. A dead server looks like this, and so does a busy one: somebody asks, work goes on.
 * - `none`: the failure speaks of the work, not of the server.
 */
export type Reaction = 'close' | 'doubt' | 'none';

/**
 * A gate that closes on lateness makes an overload worse: what was slow is broken off and done again, all connections are made
 * anew, and nobody is in time. Pure.
 */
export function reactTo({ kind, isLate, isGone }: Pick<DatabaseFailure, 'kind' | 'isLate' | 'isGone'>): Reaction {
  switch (kind) {
    case 'away':
      return 'close';
    case 'unknown':
      return isGone ? 'close' : 'doubt';
    case 'slow':
      return isLate ? 'doubt' : 'none';
    default:
      return 'none';
  }
}
