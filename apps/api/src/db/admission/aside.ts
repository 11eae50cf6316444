import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import type { Deadline } from '../../deadline.ts';
import { ApiError, type ErrorCode } from '../../errors.ts';

/** As many as may wait in the main queue by default. */
const QUEUE = 5000;

/**
 * A side entrance to the primary for work that could come in any amount through no need of its own: a few at a time, so that it
 * never fills the places of all others.
 *
 * @param atATime how many
 * @param queue how many may wait; those beyond are refused at once
 * @param code what those are told; who waits until his deadline is told OVERLOADED
 * @returns runs work; throws {@link ApiError} when too many wait, or when its turn has not come by the deadline
 */
export function createAside(
  atATime: number,
  queue = QUEUE,
  code: ErrorCode = 'OVERLOADED',
): <T>(work: () => Promise<T>, deadline: Deadline) => Promise<T> {
  const policy = bulkhead(Math.max(1, Math.floor(atATime)), queue);
  return <T>(work: () => Promise<T>, deadline: Deadline) =>
    new Promise<T>((resolve, reject) => {
      let isOver = false;
      // A client that hears nothing until it gives up knows less than one that is refused.
      const timer = setTimeout(() => {
        isOver = true;
        reject(new ApiError('OVERLOADED'));
      }, deadline.leftMs);
      const turn = async () => {
        clearTimeout(timer);
        if (!isOver) resolve(await work());
      };
      policy.execute(turn).catch((error) => {
        clearTimeout(timer);
        reject(error instanceof BulkheadRejectedError ? new ApiError(code) : error);
      });
    });
}
