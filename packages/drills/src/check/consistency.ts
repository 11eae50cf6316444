import type { Consistency } from '../report/types.ts';
import type { OperationRecord } from '../workload/history.ts';
import { expectedEntries, isWrite } from '../workload/operations.ts';
import type { CustomerLedger, LedgerEntry } from './ledger.ts';

/** The part of {@link Consistency} that history and ledgers tell. */
export type LedgerVerdict = Omit<Consistency, 'dualPrimaryObservations' | 'dualCacheObservations'>;

interface PlacedEntry extends LedgerEntry {
  customer: string;
}

/** How often each line that a write must leave was found, and what was found beside. */
interface Trace {
  times: number[];
  strangers: PlacedEntry[];
  ids: Set<string>;
}

/** Examples in words for each kind of damage: enough to begin looking. */
const EXAMPLES = 5;

/**
 * Compares what clients were told with what the ledgers hold: pure.
 *
 * @param history every operation of the run, all of them ended
 * @param ledgers every customer of the run, read after the platform healed and the load ended
 */
export function checkLedgers(
  history: readonly OperationRecord[],
  ledgers: ReadonlyMap<string, CustomerLedger>,
): LedgerVerdict {
  const verdict: LedgerVerdict = {
    acknowledged: 0,
    lost: 0,
    duplicated: 0,
    unexpected: 0,
    recovered: 0,
    staleSessionReads: 0,
    sessionReads: 0,
    negativeBalances: 0,
    balanceMismatches: 0,
    findings: [],
  };
  const found = findings(verdict);
  const byKey = groupByKey(ledgers);
  const writes = history.filter((operation) => isWrite(operation.kind));

  for (const write of writes) {
    const trace = traceOf(write, byKey.get(write.key ?? '') ?? []);
    byKey.delete(write.key ?? '');
    judgeWrite(write, trace, verdict, found);
  }
  for (const entries of byKey.values()) {
    for (const entry of entries) found('unexpected', `${describe(entry)}: no request of this run asked for it`);
  }
  judgeReads(history, ledgers, verdict, found);
  for (const [customer, ledger] of ledgers) judgeBalances(customer, ledger, found);
  return verdict;
}

type Damage = 'lost' | 'duplicated' | 'unexpected' | 'staleSessionReads' | 'negativeBalances' | 'balanceMismatches';
type Found = (damage: Damage, example: string) => void;

/** Counts a damage, and keeps the first few in words. */
function findings(verdict: LedgerVerdict): Found {
  return (damage, example) => {
    verdict[damage]++;
    if (verdict[damage] <= EXAMPLES) verdict.findings.push(`${damage}: ${example}`);
  };
}

function groupByKey(ledgers: ReadonlyMap<string, CustomerLedger>): Map<string, PlacedEntry[]> {
  const byKey = new Map<string, PlacedEntry[]>();
  for (const [customer, { entries }] of ledgers) {
    for (const entry of entries) {
      const key = entry.reference ?? '';
      byKey.set(key, [...(byKey.get(key) ?? []), { ...entry, customer }]);
    }
  }
  return byKey;
}

function traceOf(write: OperationRecord, entries: readonly PlacedEntry[]): Trace {
  const expected = expectedEntries(write);
  const fits = (entry: PlacedEntry) =>
    expected.findIndex((each) => each.customer === entry.customer && each.points === entry.points);
  const times = expected.map(() => 0);
  const strangers: PlacedEntry[] = [];
  for (const entry of entries) {
    const at = fits(entry);
    if (at < 0) strangers.push(entry);
    else times[at] = (times[at] ?? 0) + 1;
  }
  return { times, strangers, ids: new Set(entries.map((entry) => entry.id)) };
}

function judgeWrite(write: OperationRecord, trace: Trace, verdict: LedgerVerdict, found: Found): void {
  const what = `${write.kind} ${write.key}`;
  const most = Math.max(...trace.times);
  const least = Math.min(...trace.times);
  if (write.outcome === 'ok') verdict.acknowledged++;
  for (const entry of trace.strangers) found('unexpected', `${what}: ${describe(entry)} is not as it was sent`);
  if (most > 1) found('duplicated', `${what}: applied ${most} times`);
  else if (most !== least) found('unexpected', `${what}: half of it was applied`);
  else if (write.outcome === 'ok' && most === 0) found('lost', `${what}: acknowledged and gone`);
  else if (write.outcome === 'refused' && most === 1) found('unexpected', `${what}: refused, but applied`);
  else if (write.outcome === 'failed' && most === 1) verdict.recovered++;
  if (write.outcome !== 'ok' || most === 0) return;
  // One line for each expected one: a second id means that two answers disagree, though the ledger may not show it.
  const named = write.entries ?? [];
  const wrong = named.length !== trace.times.length || named.some((id) => !trace.ids.has(id));
  if (wrong) found('unexpected', `${what}: acknowledged as ${named.join(', ')}, which the ledger does not hold`);
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

function describe({ id, customer, points, reference }: PlacedEntry): string {
  return `line ${id} (${points} points on ${customer}, reference ${reference ?? 'none'})`;
}
