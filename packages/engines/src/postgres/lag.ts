/** Where a server's write-ahead log stands, in Patroni's `GET /patroni`: a primary's `location`, else the rest. */
export interface XlogState {
  location?: number;
  received_location?: number;
  replayed_location?: number;
  /** When the last replayed transaction was committed. */
  replayed_timestamp?: string | null;
  paused?: boolean;
}

/** Null where it is unknown. */
export interface Lag {
  lagBytes: number | null;
  lagSeconds: number | null;
}

/**
 * How far a standby is behind. What counts is what it has replayed: a reader sees no more, however much it has received. The
 * seconds are the age of the last replayed transaction while there is more to replay; a caught-up standby of an idle primary has
 * replayed nothing lately and lags by nothing. Pure.
 *
 * @param written how far the primary's log reached a moment before; undefined: no primary answers
 * @param listed how much the standby has not received yet, in the cluster's own record, which is up to two seconds old
 * @param now milliseconds since the epoch
 */
export function lagOf(
  xlog: XlogState | undefined,
  written: number | undefined,
  listed: number | null,
  now: number,
): Lag {
  const { received_location: received, replayed_location: replayed, replayed_timestamp: timestamp } = xlog ?? {};
  const lagBytes =
    replayed === undefined
      ? listed
      : written !== undefined
        ? Math.max(0, written - replayed)
        : received === undefined
          ? listed
          : Math.max(0, received - replayed) + (listed ?? 0);
  if (lagBytes === null || lagBytes === 0) return { lagBytes, lagSeconds: lagBytes };
  const at = timestamp ? Date.parse(timestamp) : Number.NaN;
  return { lagBytes, lagSeconds: Number.isNaN(at) ? null : Math.max(0, (now - at) / 1000) };
}
