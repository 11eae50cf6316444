import type { HostStatus } from '@sbmcrm/cloud';
import type { Topology } from '@sbmcrm/topology';
import type { Step } from './plan.ts';

/**
 * Hosts whose disks were deleted while they ran, in rounds: of each role one at a time, those that lead last. Between two rounds all must
 * be well again, as each gets its data from the others. A role of which some host is not well waits for the next `up`. Pure.
 *
 * @param excused hosts that need not be well, so nothing can be got from them for certain
 * @param leading the primaries of now
 */
export function planRenewals(
  topology: Pick<Topology, 'hosts'>,
  hosts: readonly Pick<HostStatus, 'name' | 'state' | 'diskGone'>[],
  excused: ReadonlySet<string>,
  leading: readonly (string | null)[],
): Step[][] {
  const roles = new Map(topology.hosts.map(({ name, role }) => [name, role]));
  const unwell = new Set(
    hosts.filter(({ name, state }) => state !== 'running' || excused.has(name)).map(({ name }) => roles.get(name)),
  );
  const gone = hosts
    .filter(({ name, diskGone }) => diskGone && !unwell.has(roles.get(name)))
    .map(({ name }) => name)
    .sort((x, y) => Number(leading.includes(x)) - Number(leading.includes(y)) || x.localeCompare(y));
  const rounds: Step[][] = [];
  for (const host of gone) {
    const ofRole = gone.filter((name) => roles.get(name) === roles.get(host));
    const round = ofRole.indexOf(host);
    rounds[round] = [...(rounds[round] ?? []), { do: 'renew-disk', host }];
  }
  return rounds;
}
