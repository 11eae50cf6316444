import { isWrite, type OperationRecord } from '@sbmcrm/load';
import type { Excuse } from './excuse.ts';
import { type Found, findings, type LedgerVerdict, noDamage } from './findings.ts';
import type { CustomerLedger } from './ledger.ts';
import { judgeOrder, mayBeShort } from './order.ts';
import { describe, groupByKey, judgeWrite } from './writes.ts';

export interface CheckOptions {
  /** What excuses the loss of an acknowledged write; undefined: nothing. */
  excuse?: Excuse | undefined;
  /** Set when the history may lack operations: the run's id, by which lines that they left are known. */
  incompleteRun?: string | undefined;
}

/**
 * Compares what clients were told with what the ledgers hold: pure.
 *
 * @param history every operation of the run, all of them ended
 * @param ledgers every customer of the run, read after the platform healed and nothing was under way any more
 */
export function checkLedgers(
  history: readonly OperationRecord[],
  ledgers: ReadonlyMap<string, CustomerLedger>,
  { excuse, incompleteRun }: CheckOptions = {},
): LedgerVerdict {
  const verdict = noDamage();
  const found = findings(verdict);
  const lines = groupByKey(ledgers);
  const writes = history.filter((operation) => isWrite(operation.kind));
  const byKey = new Map(writes.map((write) => [write.key ?? '', write]));
  /** Customers whose ledger lacks a line: their refusals cannot be judged. */
  const robbed = new Set<string | undefined>();

  for (const write of writes) {
    const isGone = judgeWrite(write, lines.get(write.key ?? '') ?? [], excuse, verdict, found);
    lines.delete(write.key ?? '');
    if (isGone) robbed.add(write.customer).add(write.to);
  }
  for (const [key, entries] of lines) {
    // Sent, and then the load was cut off before it could note it.
    const isUnnoted = incompleteRun !== undefined && key.startsWith(`${incompleteRun}-`);
    if (isUnnoted) verdict.recovered++;
    else for (const entry of entries) found('unexpected', `${describe(entry)}: no request of this run asked for it`);
  }
  judgeReads(history, ledgers, verdict, found);
  for (const [customer, ledger] of ledgers) {
    judgeBalances(customer, ledger, found);
    judgeOrder(customer, ledger, byKey, found);
  }
  for (const write of writes) {
    const ledger = ledgers.get(write.customer ?? '');
    if (write.outcome !== 'declined' || !ledger || robbed.has(write.customer)) continue;
    if (!mayBeShort(write, ledger, byKey)) {
      found('wrongRefusals', `${write.kind} ${write.key}: refused ${write.points} points, the balance was never below`);
    }
  }
  return verdict;
}

/** A read that lacks a line which is gone altogether is told as lost, not as stale. */
function judgeReads(
  history: readonly OperationRecord[],
  ledgers: ReadonlyMap<string, CustomerLedger>,
  verdict: LedgerVerdict,
  found: Found,
): void {
  const there = new Set([...ledgers.values()].flatMap(({ entries }) => entries.map((entry) => entry.id)));
  for (const read of history) {
    if (read.kind !== 'own-read' || read.shown === undefined) continue;
    verdict.sessionReads++;
    if (!read.shown && there.has(read.wanted ?? '')) {
      found('staleSessionReads', `user ${read.user} did not see their own line ${read.wanted}`);
    }
  }
}

function judgeBalances(customer: string, { balance, entries }: CustomerLedger, found: Found): void {
  let sum = 0;
  for (const entry of entries) {
    sum += entry.points;
    if (entry.balance < 0) found('negativeBalances', `${customer}: ${entry.balance} after line ${entry.id}`);
    if (entry.balance !== sum) {
      found('balanceMismatches', `${customer}: line ${entry.id} says ${entry.balance}, the ledger up to it ${sum}`);
    }
  }
  if (balance !== sum) found('balanceMismatches', `${customer}: balance ${balance}, ledger ${sum}`);
}
