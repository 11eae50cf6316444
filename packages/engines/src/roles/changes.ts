/** Who has a role that moves. */
export interface Held {
  host: string;
  /** Counts who had it: the database's timeline. */
  timeline?: number;
}

/** The roles that move from host to host; missing: nobody, or nobody knows. */
export interface Roles {
  database?: Held;
  cache?: Held;
  entry?: Held;
}

/** A role that somebody else has now, or the same host anew. */
export interface RoleChange {
  host: string;
  /** In one line. */
  text: string;
  /** Who decided it. */
  by: string;
}

const WORDS = {
  database: { what: 'the primary of the database', by: 'Patroni' },
  cache: { what: 'the primary of the cache', by: 'Sentinel' },
  entry: { what: 'the public address', by: 'keepalived' },
} as const satisfies Record<keyof Roles, { what: string; by: string }>;

/** What has moved since. A role that nobody knew before, or nobody knows now, has not; of an old timeline a cut-off host speaks. Pure. */
export function roleChanges(before: Roles, now: Roles): RoleChange[] {
  return (Object.keys(WORDS) as (keyof Roles)[]).flatMap((role) => {
    const [was, is] = [before[role], now[role]];
    if (!was || !is || (was.host === is.host && was.timeline === is.timeline) || isOlder(is, was)) return [];
    const { what, by } = WORDS[role];
    const on = is.timeline === undefined ? '' : `, on timeline ${is.timeline}`;
    const text =
      was.host === is.host
        ? `${what} is ${is.host} again${on}`
        : `${what} is ${role === 'entry' ? 'at ' : ''}${is.host} now${on} (before: ${was.host})`;
    return [{ host: is.host, text, by }];
  });
}

/** Timelines never go back. */
const isOlder = (is: Held, was: Held) => (is.timeline ?? 0) < (was.timeline ?? 0);

/** What is known from now on: who is not seen for a moment still counts. Pure. */
export function knownRoles(before: Roles, now: Roles): Roles {
  const { database, ...others } = now;
  const isNews = database !== undefined && !(before.database && isOlder(database, before.database));
  return { ...before, ...others, ...(isNews ? { database } : {}) };
}
