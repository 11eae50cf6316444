/** The calls of etcd that it needs, see `EtcdClient`. */
export interface LeaseStore {
  read(key: string): Promise<{ value: string; revision: number; lease: string } | undefined>;
  writeLeased(key: string, value: string, revision: number, leaseS: number): Promise<boolean>;
  keepAlive(lease: string): Promise<boolean>;
}

/** Who leads and says nothing for so long leads no more. Longer than etcd takes to find a new leader of its own. */
export const LEASE_S = 15;

export interface LeadOptions {
  /** Of this host. */
  name: string;
  /** Who leads. */
  key: string;
  store: LeaseStore;
  log(text: string): void;
}

/**
 * Leads, or goes on to lead, where nobody else does: one of several that do the same, by a lease in etcd.
 *
 * @returns the revision of the leader's key while this one leads: what is written only as long as that is unchanged is no former
 *   leader's word
 * @throws Error where no member with a quorum answers
 */
export async function lead({ name, key, store, log }: LeadOptions): Promise<number | undefined> {
  const at = await store.read(key);
  if (at === undefined) {
    if (!(await store.writeLeased(key, name, 0, LEASE_S))) return undefined;
    log('leads from now on');
    return (await store.read(key))?.revision;
  }
  if (at.value !== name || !(await store.keepAlive(at.lease))) return undefined;
  return at.revision;
}
