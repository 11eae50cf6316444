import type { Credentials, OperationRecord } from '@sbmcrm/load';
import { apiUrl, type Platform } from '@sbmcrm/platform';
import { LedgerReader } from '../check/ledger.ts';

/** Takes a load's customers off the CRM's lists. What fails is left: they do no harm. Never throws. */
export async function putAway(
  platform: Platform,
  history: readonly Pick<OperationRecord, 'customer'>[],
  credentials: Credentials,
): Promise<void> {
  const customers = [...new Set(history.flatMap(({ customer }) => (customer ? [customer] : [])))];
  try {
    const reader = await LedgerReader.open(apiUrl(platform), credentials);
    await reader.putAway(customers).finally(() => reader.close());
  } catch {
    // the platform is in trouble: that is in the figures
  }
}
