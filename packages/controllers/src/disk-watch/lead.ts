/** Where the right to lead is kept, and under which key of Patroni's configuration an operator says who is to have it. */
export interface LeadSetting {
  /** Nobody is promoted without being told. */
  isByHand: boolean;
  key: string;
  file: string;
}

/** What one host knows of who led. */
export interface Claim {
  /** What the server here is; undefined, or `uninitialized`: nothing is known yet. */
  role: string | undefined;
  /** The server here led last. */
  ledLast: boolean;
  /** Whom an operator wants to lead, and until when: `{ host, untilMs }`. */
  wanted: unknown;
}

/**
 * Whether the server of a host may lead where nobody is promoted without being told; undefined: as before. Pure.
 *
 * @param now milliseconds since the epoch: a wish that nobody took back ends by itself
 */
export function mayLead(host: string, { role, ledLast, wanted }: Claim, now: number): boolean | undefined {
  const wish = (wanted ?? {}) as { host?: unknown; untilMs?: unknown };
  if (wish.host === host && typeof wish.untilMs === 'number' && now < wish.untilMs) return true;
  if (role === undefined || role === 'uninitialized') return undefined;
  return ledLast;
}

/** The text of that file. */
export const leadText = (may: boolean) => `tags: { nofailover: ${!may} }\n`;
