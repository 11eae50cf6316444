/** A point in the database's write-ahead log: the timeline (it grows by one at each promotion) and the byte on it. */
export interface Position {
  timeline: number;
  lsn: bigint;
}

const FORMAT = /^(\d{1,10}):([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;

/** Reads `timeline:LSN`; anything else, as from a foreign client, is undefined. */
export function parsePosition(text: string | undefined): Position | undefined {
  const match = text === undefined ? null : FORMAT.exec(text.trim());
  if (!match) return undefined;
  const [, timeline = '', high = '', low = ''] = match;
  // The top of the 32-bit range would overflow the database's integer.
  if (Number(timeline) > 0x7fffffff) return undefined;
  return { timeline: Number(timeline), lsn: (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`) };
}

/** The byte's number as PostgreSQL writes it. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`;
}

/** `timeline:LSN`, as in the header X-Read-After and the cookie sbmcrm_read_after. */
export function formatPosition({ timeline, lsn }: Position): string {
  return `${timeline}:${formatLsn(lsn)}`;
}

/** The later of two positions: a later timeline is later wherever its bytes stand. */
export function laterPosition(a: Position | undefined, b: Position | undefined): Position | undefined {
  if (!a || !b) return a ?? b;
  if (a.timeline !== b.timeline) return a.timeline > b.timeline ? a : b;
  return a.lsn >= b.lsn ? a : b;
}

/** The timeline in the name of a write-ahead log file: its first eight digits. */
export function timelineOf(walFile: string): number {
  return Number.parseInt(walFile.slice(0, 8), 16);
}
