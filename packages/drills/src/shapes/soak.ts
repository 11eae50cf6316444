import { seeded } from '@sbmcrm/load';
import type { FaultKind } from '@sbmcrm/local/faults';
import type { Host, HostRole } from '@sbmcrm/topology';

/** A fault of a soak test. */
export interface SoakFault {
  kind: FaultKind;
  /** HOST, or HOST/SERVICE. */
  target: string;
  /** After the one before it began, in milliseconds. */
  afterMs: number;
  /** How long it lasts, in milliseconds. */
  forMs: number;
}

/** What can be hit at a time: at most one member of each, so that the others go on. */
const PARTS: readonly HostRole[] = ['database', 'cache', 'load-balancer', 'api', 'read-replica', 'quorum', 'monitor'];
/** Fewer members than these leave nobody who goes on. Reads go to the primary when no replica is there. */
const LEAST_MEMBERS: Partial<Record<HostRole, number>> = { 'read-replica': 1, quorum: 3 };
const MOST_AT_A_TIME = 3;
const LONGEST_PAUSE_MS = 10_000;
/** From less than what anybody notices to more than a lease of the database. */
const SHORTEST_MS = 500;
const LONGEST_MS = 40_000;

/**
 * One to three faults that overlap at random, the same for the same seed and hosts, within what the platform is to survive without a
 * failed request: each hits another part of it, and one member of that alone. Before the next ones all are healed. Pure.
 */
export function planSoak(seed: number, hosts: readonly Pick<Host, 'name' | 'role' | 'services'>[]): SoakFault[] {
  const random = seeded(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const membersOf = (part: HostRole) => hosts.filter(({ role }) => role === part);
  const parts = PARTS.filter((part) => membersOf(part).length >= (LEAST_MEMBERS[part] ?? 2));
  const faults: SoakFault[] = [];
  for (let left = 1 + Math.floor(random() * MOST_AT_A_TIME); left > 0 && parts.length > 0; left -= 1) {
    const [part] = parts.splice(Math.floor(random() * parts.length), 1);
    if (part === undefined) break;
    const { name, services } = pick(membersOf(part));
    const kind = pick<FaultKind>(['stop', 'pause', 'isolate', 'kill']);
    // Of a host's services one hangs as often as the host does.
    const isService = kind === 'kill' || (kind === 'pause' && random() < 0.5);
    faults.push({
      kind,
      target: isService ? `${name}/${pick(services)}` : name,
      afterMs: faults.length === 0 ? 0 : Math.round(random() * LONGEST_PAUSE_MS),
      forMs: Math.round(SHORTEST_MS + random() ** 2 * (LONGEST_MS - SHORTEST_MS)),
    });
  }
  return faults;
}

/** How many runs, with this seed and those that follow it, have so many faults together. Pure. */
export function soakRuns(seed: number, faults: number, hosts: Parameters<typeof planSoak>[1]): number {
  let runs = 0;
  for (let planned = 0; planned < faults; runs += 1) {
    const { length } = planSoak(seed + runs, hosts);
    if (length === 0) return 0;
    planned += length;
  }
  return runs;
}
