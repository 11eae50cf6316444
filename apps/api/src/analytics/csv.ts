import type { ReportLine } from './store.ts';

export const CSV_HEAD = 'createdAt,id,customerId,type,points,balance,reason,reference,transferId\r\n';

/** A ledger's line as RFC 4180 has it. Pure. */
export function csvLine(line: ReportLine): string {
  const { created_at, id, customer_id, type, points, balance, reason, reference, transfer_id } = line;
  const fields = [created_at.toISOString(), id, customer_id, type, points, balance, reason, reference, transfer_id];
  return `${fields.map((field) => quoted(field ?? '')).join(',')}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
