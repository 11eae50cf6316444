import { apiHost, type Topology } from './topology.ts';

/**
 * The topology with the API servers that were added at run time, and without those that were taken away: what is done for all servers of
 * the platform, from configuration to drills, is done for them. Pure.
 *
 * @param present names of the hosts that there are
 * @param retired names of those that are not wanted any more; one that is there counts all the same
 * @param least so many there are in any case
 */
export function withPresent(
  topology: Topology,
  present: readonly string[],
  retired: readonly string[] = [],
  least = 0,
): Topology {
  const planned = new Set(topology.hosts.map(({ name }) => name));
  const added = topology.apiSlots.filter(({ name }) => present.includes(name) && !planned.has(name));
  const isGone = ({ name }: { name: string }) => retired.includes(name) && !present.includes(name);
  const servers = topology.hosts.filter(({ role }) => role === 'api');
  const left = servers.filter((each) => !isGone(each)).length + added.length;
  const back = servers.filter(isGone).slice(0, Math.max(0, least - left));
  const kept = topology.hosts.filter((each) => each.role !== 'api' || !isGone(each) || back.includes(each));
  if (kept.length === planned.size && added.length === 0) return topology;
  return { ...topology, hosts: [...kept, ...added.map((slot) => apiHost(topology, slot, topology.apiSize))] };
}
