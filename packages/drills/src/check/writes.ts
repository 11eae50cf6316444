import { expectedEntries, isAcknowledged, type OperationRecord } from '@sbmcrm/load';
import { type Excuse, isExcused } from './excuse.ts';
import type { Found, LedgerVerdict } from './findings.ts';
import type { CustomerLedger, LedgerEntry } from './ledger.ts';

/** A ledger line, and whose. */
export interface PlacedEntry extends LedgerEntry {
  customer: string;
}

/** How often each line that a write must leave was found, and what was found beside. */
interface Trace {
  times: number[];
  strangers: PlacedEntry[];
  lines: Map<string, PlacedEntry>;
}

/** Ledger lines by the request that they are from. */
export function groupByKey(ledgers: ReadonlyMap<string, CustomerLedger>): Map<string, PlacedEntry[]> {
  const byKey = new Map<string, PlacedEntry[]>();
  for (const [customer, { entries }] of ledgers) {
    for (const entry of entries) {
      const key = entry.reference ?? '';
      const known = byKey.get(key);
      if (known) known.push({ ...entry, customer });
      else byKey.set(key, [{ ...entry, customer }]);
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
  return { times, strangers, lines: new Map(entries.map((entry) => [entry.id, entry])) };
}

/**
 * Compares one write's answer with the lines it left.
 *
 * @param entries the ledger lines that carry its key
 * @returns whether its lines may have been there once and are gone
 */
export function judgeWrite(
  write: OperationRecord,
  entries: readonly PlacedEntry[],
  excuse: Excuse | undefined,
  verdict: LedgerVerdict,
  found: Found,
): boolean {
  const trace = traceOf(write, entries);
  const what = `${write.kind} ${write.key}`;
  const most = Math.max(...trace.times);
  const least = Math.min(...trace.times);
  const acknowledged = isAcknowledged(write);
  if (acknowledged) verdict.acknowledged++;
  for (const entry of trace.strangers) found('unexpected', `${what}: ${describe(entry)} is not as it was sent`);
  if (most > 1) found('duplicated', `${what}: applied ${most} times`);
  else if (most !== least) found('unexpected', `${what}: half of it was applied`);
  else if (acknowledged && most === 0) {
    found('lost', `${what}: acknowledged and gone`);
    if (!isExcused(write, excuse)) found('lostBeyondLag', `${what}: nothing excuses its loss`);
    return true;
  } else if (!acknowledged && most === 1) {
    // A request that was sent again may have been done the first time, though the answer was a refusal.
    const mayBeDone = write.outcome === 'failed' || (write.outcome === 'refused' && write.attempts > 1);
    if (mayBeDone) verdict.recovered++;
    else found('unexpected', `${what}: ${write.outcome}, but applied`);
  }
  if (acknowledged && most > 0) judgeAnswer(write, trace, found);
  return write.outcome === 'failed' && most === 0;
}

/** What the answers named against the ledger: its lines, and the balance after each. */
function judgeAnswer(write: OperationRecord, { times, lines }: Trace, found: Found): void {
  const what = `${write.kind} ${write.key}`;
  // One line for each expected one: a second id means that two answers disagree, though the ledger may not show it.
  const named = new Set(write.entries ?? []);
  if (named.size !== times.length || [...named].some((id) => !lines.has(id))) {
    found('unexpected', `${what}: acknowledged as ${[...named].join(', ')}, which the ledger does not hold`);
  }
  for (const [n, id] of (write.entries ?? []).entries()) {
    const line = lines.get(id);
    const answered = write.balances?.[n];
    if (line && answered !== line.balance) {
      found('wrongBalances', `${what}: answered balance ${answered}, line ${id} says ${line.balance}`);
    }
  }
}

/** A ledger line in words. */
export function describe({ id, customer, points, reference }: PlacedEntry): string {
  return `line ${id} (${points} points on ${customer}, reference ${reference ?? 'none'})`;
}
