/** A database host, and the timeline on which its PostgreSQL last became primary, if ever. */
export interface Promotion {
  host: string;
  timeline: number | undefined;
}

/** Parses the file that Patroni's callback leaves on the host's disk. */
export function parsePromotion(host: string, text: string | null): Promotion {
  const timeline = Number.parseInt(text ?? '', 10);
  return { host, timeline: Number.isNaN(timeline) ? undefined : timeline };
}

/**
 * Which database host to start before the others when all of them are down: the last primary, since with asynchronous
 * replication only it has every acknowledged write. Patroni alone would take the first to come up that is within
 * `maximum_lag_on_failover`. Pure.
 *
 * @returns undefined when no host was ever primary
 */
export function lastPrimary(promotions: readonly Promotion[]): string | undefined {
  return promotions
    .filter(({ timeline }) => timeline !== undefined)
    .sort((x, y) => (y.timeline ?? 0) - (x.timeline ?? 0))[0]?.host;
}
