/** A database host and when its PostgreSQL last became primary (seconds since the epoch), if ever. */
export interface Promotion {
  host: string;
  at: number | undefined;
}

/** Parses the file that Patroni's callback leaves on the host's disk. */
export function parsePromotion(host: string, text: string | null): Promotion {
  const at = Number.parseInt(text ?? '', 10);
  return { host, at: Number.isNaN(at) ? undefined : at };
}

/**
 * Which database host to start before the others when all of them are down: the last primary, since with asynchronous
 * replication only it has every acknowledged write. Patroni alone would take the first to come up that is within
 * `maximum_lag_on_failover`. Pure.
 *
 * @returns undefined when no host was ever primary
 */
export function lastPrimary(promotions: readonly Promotion[]): string | undefined {
  return promotions.filter((each) => each.at !== undefined).sort((x, y) => (y.at ?? 0) - (x.at ?? 0))[0]?.host;
}
