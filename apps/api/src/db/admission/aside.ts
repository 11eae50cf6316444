import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { ApiError, type ErrorCode } from '../../errors.ts';

/** As many as may wait in the main queue by default. */
const QUEUE = 5000;

/**
 * A side entrance to the primary for work that could come in any amount through no need of its own: a few at a time, so that it
 * never fills the places of all others.
 *
 * @param atATime how many
 * @param queue how many may wait; those beyond are refused at once
 * @param code what those are told
 * @returns runs work; throws {@link ApiError} when too many wait
 */
export function createAside(
  atATime: number,
  queue = QUEUE,
  code: ErrorCode = 'OVERLOADED',
): <T>(work: () => Promise<T>) => Promise<T> {
  const policy = bulkhead(Math.max(1, Math.floor(atATime)), queue);
  return async (work) => {
    try {
      return await policy.execute(work);
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new ApiError(code) : error;
    }
  };
}
