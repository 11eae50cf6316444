import { checkOf, type Damage, type SeenMembers, type Suspect } from './damage.ts';

/** What may be repaired now, and why the rest may not yet. */
export interface Repairs {
  now: Damage[];
  /** In a few words each. */
  waiting: string[];
}

/**
 * What of the damage may be repaired: a copy needs something good to be made from. In the order in which parts depend on each other. Pure.
 *
 * @param voters how many members etcd has
 */
export function decideRepairs(damages: readonly Damage[], seen: Omit<SeenMembers, 'hosts'>, voters: number): Repairs {
  const reasons = damages.map((damage) => ({ damage, why: reasonToWait(damage, damages, seen, voters) }));
  return {
    now: reasons.filter(({ why }) => why === undefined).map(({ damage }) => damage),
    waiting: reasons.flatMap(({ damage, why }) => (why === undefined ? [] : [`${damageText(damage)}; ${why}`])),
  };
}

/** Why the data on a host may not be given up now. Pure. @param damages all that is known to be damaged */
export function reasonToWait(
  { host, part }: Suspect,
  damages: readonly Suspect[],
  { membersUp, database, cache }: Omit<SeenMembers, 'hosts'>,
  voters: number,
): string | undefined {
  switch (part) {
    case 'quorum': {
      const others = membersUp.etcd?.filter((name) => name !== host) ?? [];
      return others.length > voters / 2 ? undefined : 'the others have no quorum to take it out';
    }
    case 'database':
      if (database.primary === null) return 'no primary is there to be copied';
      return database.primary === host ? 'it is the primary: move that away first' : undefined;
    case 'cache': {
      if (cache.primary === host) return 'it is the primary: move that away first';
      if (cache.primary !== null) return undefined;
      // The files of the other one may be good: Sentinel promotes it within seconds.
      const isBroken = (name: string) => damages.some((each) => each.part === part && each.host === name);
      return cache.members.every(({ name }) => isBroken(name)) ? undefined : 'the other one is not primary yet';
    }
  }
}

/** A damage in one line, without what to do about it. Pure. */
export const damageText = ({ host, part, reason }: Pick<Damage, 'host' | 'part' | 'reason'>) =>
  `${checkOf(part).check.title} on ${host} are of no use: ${reason}`;

const DONE: Record<Damage['part'], (host: string) => string> = {
  quorum: (host) => `replace the member on ${host}`,
  cache: (host) => `put them aside, and ${host} fetches all from the primary`,
  database: (host) => `copy the server anew to ${host}`,
};

/** What is done about it, as the title of a step. Pure. */
export const repairText = (damage: Pick<Damage, 'host' | 'part' | 'reason'>) =>
  `${damageText(damage)} — ${DONE[damage.part](damage.host)}`;
