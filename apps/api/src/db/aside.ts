import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { ApiError } from '../errors.ts';

/** How many may wait beside the main queue; those beyond are refused at once. */
const QUEUE = 5000;

/**
 * A side entrance to the primary for work that could come in any amount through no need of its own: a few at a time, so that it
 * never fills the places of all others.
 *
 * @param atATime how many
 * @returns runs work; throws {@link ApiError} OVERLOADED when too many wait
 */
export function createAside(atATime: number): <T>(work: () => Promise<T>) => Promise<T> {
  const policy = bulkhead(Math.max(1, Math.floor(atATime)), QUEUE);
  return async (work) => {
    try {
      return await policy.execute(work);
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new ApiError('OVERLOADED') : error;
    }
  };
}
