import { settleAll } from '@sbmcrm/errors';
import { CloudError } from '../error.ts';
import type { Faults } from './port.ts';

/**
 * Takes back faults that were in the list a moment ago. One that has ended by itself since (its time ran out, its host was
 * started) is as it should be, and no error.
 *
 * @throws CloudError the first that could not be taken back; the others are, all the same
 */
export function clearListed(cloud: Pick<Faults, 'clearFault'>, ids: readonly string[]): Promise<void> {
  return settleAll(ids, async (id) => {
    try {
      await cloud.clearFault(id);
    } catch (error) {
      if (!(error instanceof CloudError && error.code === 'UNKNOWN_FAULT')) throw error;
    }
  });
}
