import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { ApiError } from '../errors.ts';

/** Two hashes at a time: they take 16 MB and a core each, and half of the thread pool, which also resolves names. */
const AT_A_TIME = 2;
/** About six seconds of waiting. */
const QUEUE = 64;

/** Runs password hashes a few at a time, and refuses when too many wait. */
export function createLoginLimit(): <T>(work: () => Promise<T>) => Promise<T> {
  const policy = bulkhead(AT_A_TIME, QUEUE);
  return async (work) => {
    try {
      return await policy.execute(work);
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new ApiError('TOO_MANY_LOGINS') : error;
    }
  };
}
