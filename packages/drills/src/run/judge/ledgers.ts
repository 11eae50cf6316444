import { DEADLINE_MS, type EndedLoad } from '@sbmcrm/load';
import { apiUrl, observeDatabase, type Platform, readSecrets } from '@sbmcrm/platform';
import { type CustomerLedger, LedgerReader } from '../../check/ledger.ts';
import { transactionsEnded } from '../../observe/database.ts';

/** A COMMIT may wait for a synchronous standby for 15 s. */
const QUIET_TIMEOUT_MS = 20_000;

/** The ledgers after all is over; or why they could not be read, in one line. */
export type Ledgers =
  | { ledgers: Map<string, CustomerLedger>; problem?: undefined }
  | { ledgers?: undefined; problem: string };

/**
 * Reads the ledgers of the run's customers when nothing of the run is under way any more, and takes the customers off the CRM's
 * lists. Never throws.
 */
export async function readLedgers(
  platform: Platform,
  { history, problem }: EndedLoad,
  credentials: { email: string; password: string },
): Promise<Ledgers> {
  try {
    // A load that was cut off left requests behind, which the platform holds until their deadline.
    if (problem !== undefined) await new Promise((resolve) => setTimeout(resolve, DEADLINE_MS));
    const { primary } = await observeDatabase(platform);
    if (!primary) throw new Error('the database has no primary');
    if (!(await transactionsEnded(platform.cloud, primary, readSecrets(platform.paths), QUIET_TIMEOUT_MS))) {
      throw new Error('transactions of the run were still open');
    }
    const reader = await LedgerReader.open(apiUrl(platform), credentials);
    try {
      const customers = [...new Set(history.flatMap(({ customer, to }) => [customer, to]))];
      const known = customers.filter((each) => each !== undefined);
      const ledgers = await reader.read(known);
      await reader.putAway(known);
      return { ledgers };
    } finally {
      await reader.close();
    }
  } catch (error) {
    return { problem: `the ledgers cannot be read: ${(error as Error).message}` };
  }
}
