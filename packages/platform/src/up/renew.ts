import type { HostStatus } from '@sbmcrm/cloud';
import { ENGINES } from '@sbmcrm/engines';
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

export type Renewal = Extract<Step, { do: 'renew-host' }>;

/**
 * Hosts that go on as they are and should not, in rounds: of those with the same data, or the same role, one at a time, those that lead
 * last. Between two rounds all must be well again, as each gets its data or its work from the others. Pure.
 *
 * @returns `waiting`: those that one of the others keeps from being stopped now, as it is not well
 */
export function planRenewals(
  topology: Pick<Topology, 'hosts'>,
  found: Renewing,
): { rounds: Renewal[][]; waiting: Renewal[] } {
  const { hosts, comparisons, excused, leading } = found;
  const kinds = new Map(
    topology.hosts.map(({ name, role, services }) => [name, services.find((each) => ENGINES[each].damage) ?? role]),
  );
  const kindOf = (name: string) => kinds.get(name) ?? 'api';
  const unwell = new Set(
    hosts.filter(({ name, state }) => state !== 'running' || excused.has(name)).map(({ name }) => kindOf(name)),
  );
  const due = hosts
    .flatMap(({ name: host, diskGone }): Renewal[] => {
      if (diskGone) return [{ do: 'renew-host', host, because: 'disk' }];
      const { otherCode, mustRestart } = comparisons.get(host) ?? {};
      if (otherCode) return [{ do: 'renew-host', host, because: 'code' }];
      return mustRestart ? [{ do: 'renew-host', host, because: 'services' }] : [];
    })
    .sort(
      (x, y) => Number(leading.includes(x.host)) - Number(leading.includes(y.host)) || x.host.localeCompare(y.host),
    );
  const rounds: Renewal[][] = [];
  const done = new Map<string, number>();
  for (const each of due.filter(({ host }) => !unwell.has(kindOf(host)))) {
    const kind = kindOf(each.host);
    const round = done.get(kind) ?? 0;
    done.set(kind, round + 1);
    rounds[round] = [...(rounds[round] ?? []), each];
  }
  return { rounds, waiting: due.filter(({ host }) => unwell.has(kindOf(host))) };
}

/** Why a host goes on as it is, though it should not. Pure. */
export function waitingText({ host, because }: Renewal, why: string): string {
  const what = {
    disk: `the disk of ${host} was deleted while it ran`,
    code: `${host} runs the code of another folder`,
    services: `${host} runs other services than it should`,
  }[because];
  return `${what}, and it is not started again now: ${why}`;
}
