import { probeHttp } from '@sbmcrm/http';
import { PORTS } from '@sbmcrm/topology';
import type { Secrets } from '../common/context.ts';
import type { PatroniMember } from '../postgres/probe.ts';
import { sentinelMaster } from '../redis/probe.ts';
import type { Roles } from './changes.ts';

/** A host as the cloud sees it, as far as it matters here. */
export interface SeenHost {
  name: string;
  state: string;
  address: string;
  /** All that it has now. */
  addresses: readonly string[];
  services: readonly { name: string }[];
}

/**
 * Who has the roles that move, by who decides it: the database's record, most Sentinels, and who has the public address. Takes seconds
 * at most; never throws. What is not certain is missing.
 *
 * @param publicAddress the floating one
 */
export async function lookAtRoles(
  hosts: readonly SeenHost[],
  publicAddress: string,
  secrets: Pick<Secrets, 'sentinel' | 'also'>,
): Promise<Roles> {
  const running = hosts.filter(({ state }) => state === 'running');
  const having = (service: string) => running.filter(({ services }) => services.some(({ name }) => name === service));
  const [database, cache] = await Promise.all([
    leader(having('patroni')),
    cachePrimary(hosts, having('sentinel'), secrets),
  ]);
  // Two have it, or nobody: it is on its way.
  const [holder, ...others] = running.filter(({ addresses }) => addresses.includes(publicAddress));
  return {
    ...(database ? { database } : {}),
    ...(cache ? { cache } : {}),
    ...(holder && others.length === 0 ? { entry: { host: holder.name } } : {}),
  };
}

/** As the first member that knows of one has it: each answer costs a question to etcd. */
async function leader(members: readonly SeenHost[]): Promise<Roles['database']> {
  for (const { address } of members) {
    const answer = await probeHttp(`http://${address}:${PORTS.patroni}/cluster`);
    const known = (answer?.json as { members?: PatroniMember[] } | undefined)?.members;
    const found = known?.find(({ role, state }) => role === 'leader' && state === 'running');
    if (found?.timeline !== undefined) return { host: found.name, timeline: found.timeline };
  }
  return undefined;
}

async function cachePrimary(
  hosts: readonly SeenHost[],
  sentinels: readonly SeenHost[],
  secrets: Pick<Secrets, 'sentinel' | 'also'>,
): Promise<Roles['cache']> {
  const named = await Promise.all(sentinels.map((host) => sentinelMaster(host, secrets)));
  const address = named.find((each) => each && named.filter((other) => other === each).length > sentinels.length / 2);
  const host = hosts.find((each) => each.address === address)?.name;
  return host === undefined ? undefined : { host };
}
