import { apiHost, type Topology } from './topology.ts';

/**
 * The topology with the API servers that were added at run time, in slots past the spec's own: what is done for all servers of the
 * platform, from configuration to drills, is done for them, too. Pure.
 *
 * @param present names of the hosts that there are
 */
export function withPresent(topology: Topology, present: readonly string[]): Topology {
  const planned = new Set(topology.hosts.map(({ name }) => name));
  const size = topology.hosts.find(({ role }) => role === 'api')?.size;
  const added = topology.apiSlots.filter(({ name }) => present.includes(name) && !planned.has(name));
  if (size === undefined || added.length === 0) return topology;
  return { ...topology, hosts: [...topology.hosts, ...added.map((slot) => apiHost(topology, slot, size))] };
}
