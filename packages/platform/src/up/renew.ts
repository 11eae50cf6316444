import type { HostStatus } from '@sbmcrm/cloud';
import type { Topology } from '@sbmcrm/topology';
import type { Found, Step } from './plan.ts';

/** What is known of a platform whose hosts all came up, as far as they can. */
export interface Renewing {
  hosts: readonly Pick<HostStatus, 'name' | 'state' | 'diskGone'>[];
  comparisons: Found['comparisons'];
  /** Hosts that need not be well, so that nothing can be got from them for certain. */
  excused: ReadonlySet<string>;
  /** The primaries of now. */
  leading: readonly (string | null)[];
}

type Due = Omit<Extract<Step, { do: 'renew-host' }>, 'do'>;

/**
 * Hosts that go on as they are and should not, in rounds: of each role one at a time, those that lead last. Between two rounds all must be
 * well again, as each gets its data or its work from the others. A role of which some host is not well waits for the next `up`. Pure.
 */
export function planRenewals(topology: Pick<Topology, 'hosts'>, found: Renewing): Step[][] {
  const { hosts, comparisons, excused, leading } = found;
  const roles = new Map(topology.hosts.map(({ name, role }) => [name, role]));
  const unwell = new Set(
    hosts.filter(({ name, state }) => state !== 'running' || excused.has(name)).map(({ name }) => roles.get(name)),
  );
  const due = hosts
    .flatMap(({ name, diskGone }): Due[] => {
      if (diskGone) return [{ host: name, because: 'disk' }];
      return comparisons.get(name)?.otherCode ? [{ host: name, because: 'code' }] : [];
    })
    .filter(({ host }) => !unwell.has(roles.get(host)))
    .sort(
      (x, y) => Number(leading.includes(x.host)) - Number(leading.includes(y.host)) || x.host.localeCompare(y.host),
    );
  const rounds: Step[][] = [];
  const done = new Map<string | undefined, number>();
  for (const each of due) {
    const role = roles.get(each.host);
    const round = done.get(role) ?? 0;
    done.set(role, round + 1);
    rounds[round] = [...(rounds[round] ?? []), { do: 'renew-host', ...each }];
  }
  return rounds;
}
