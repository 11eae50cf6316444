/** The key of who holds the floating addresses, as one witness saw it last. */
export interface Key {
  holder: string | undefined;
  /** etcd's revision of its last change. */
  revision: number;
}

/** What one load balancer said last. */
export interface Heard {
  ageMs: number;
  holds: boolean;
  claims: boolean;
}

/** What a witness does to the key: `take` only if nobody changed it since it was read. */
export type Change = { do: 'keep' } | { do: 'take'; for: string } | undefined;

/**
 * A key that nobody kept for so long is nobody's: load balancers that are all gone leave none. Longer than etcd takes to find a new
 * leader.
 */
export const LEASE_S = 10;
/** What was said earlier is no claim any more. */
const CLAIM_MS = 1000;

/**
 * What a witness does for those that it heard: it keeps the key for its holder, and gives it to who claims it. It asks nobody whether
 * the holder is alive: who claims has asked all witnesses, see decide.ts. Pure.
 */
export function change(key: Key, heard: ReadonlyMap<string, Heard>): Change {
  const claims = (name: string) => {
    const said = heard.get(name);
    return said?.claims === true && said.holds && said.ageMs < CLAIM_MS;
  };
  if (key.holder !== undefined && claims(key.holder)) return { do: 'keep' };
  const next = [...heard.keys()].sort().find(claims);
  return next === undefined ? undefined : { do: 'take', for: next };
}
