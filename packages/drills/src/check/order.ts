import { isAcknowledged, type OperationRecord } from '@sbmcrm/load';
import type { Found } from './findings.ts';
import type { CustomerLedger } from './ledger.ts';

/**
 * Compares the order of a customer's lines with what clients saw: a line that was acknowledged before another one was asked for
 * must stand before it. Pure but for what it finds.
 *
 * @param byKey the run's operations by their key
 */
export function judgeOrder(
  customer: string,
  { entries }: CustomerLedger,
  byKey: ReadonlyMap<string, OperationRecord>,
  found: Found,
): void {
  let latest: OperationRecord | undefined;
  for (const { id, reference } of entries) {
    const write = byKey.get(reference ?? '');
    if (!write) continue;
    if (latest && isAcknowledged(write) && write.endMs < latest.sentMs) {
      found('outOfOrder', `${customer}: line ${id} stands after one of ${latest.key}, which was asked for later`);
    }
    if (!latest || write.sentMs > latest.sentMs) latest = write;
  }
}

/**
 * Whether a refusal for want of points was right: at some moment between question and answer the balance may have been below
 * what was asked for. Pure.
 *
 * @param byKey the run's operations by their key
 */
export function mayBeShort(
  refusal: OperationRecord,
  { entries }: CustomerLedger,
  byKey: ReadonlyMap<string, OperationRecord>,
): boolean {
  const surely = (wanted: (write: OperationRecord) => boolean) => (entry: { reference: string | null }) => {
    const write = byKey.get(entry.reference ?? '');
    return write !== undefined && wanted(write);
  };
  const from = 1 + entries.findLastIndex(surely((write) => isAcknowledged(write) && write.endMs < refusal.sentMs));
  const after = entries.findIndex(surely((write) => write.sentMs > refusal.endMs));
  const to = after < 0 ? entries.length : after;
  for (let lines = from; lines <= Math.max(from, to); lines++) {
    const balance = lines === 0 ? 0 : (entries[lines - 1]?.balance ?? 0);
    if (balance < (refusal.points ?? 0)) return true;
  }
  return false;
}
