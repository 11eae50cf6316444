import { describe, expect, it } from 'vitest';
import type { Damage, SeenMembers, Suspect } from './damage.ts';
import { decideRepairs, reasonToWait, repairText } from './decide.ts';

const damage = (host: string, part: Suspect['part']): Damage => ({
  host,
  part,
  code: 'CACHE_DAMAGED',
  reason: 'for a reason',
  atMs: 0,
});

interface Seen {
  etcd?: string[];
  database?: string | null;
  cache?: string | null;
}
const seen = ({ etcd = ['quorum-a', 'quorum-c'], database = 'postgres-a', cache = 'redis-a' }: Seen = {}) =>
  ({
    membersUp: { etcd },
    database: { primary: database, members: [] },
    cache: { primary: cache, members: [{ name: 'redis-a' }, { name: 'redis-b' }] },
  }) as unknown as Omit<SeenMembers, 'hosts'>;

const decide = (damages: Damage[], what?: Seen) => {
  const { now, waiting } = decideRepairs(damages, seen(what), 3);
  return { now: now.map(({ host }) => host), waiting: waiting.map((each) => each.split('; ')[1]) };
};

describe('a repair', () => {
  it('is made where there is something good to get the data from', () => {
    const all = [damage('quorum-b', 'quorum'), damage('redis-b', 'cache'), damage('replica-a', 'database')];
    expect(decide(all)).toEqual({ now: ['quorum-b', 'redis-b', 'replica-a'], waiting: [] });
  });

  it('waits for a quorum of the others, its own member not counted', () => {
    const why = 'the others have no quorum to take it out';
    expect(decide([damage('quorum-b', 'quorum')], { etcd: ['quorum-a'] })).toEqual({ now: [], waiting: [why] });
    expect(reasonToWait(damage('quorum-b', 'quorum'), [], seen({ etcd: ['quorum-a', 'quorum-b'] }), 3)).toBe(why);
  });

  it('waits for a primary of the database, and never touches it', () => {
    const replica = damage('replica-a', 'database');
    expect(decide([replica], { database: null }).waiting).toEqual(['no primary is there to be copied']);
    expect(decide([replica], { database: 'replica-a' }).now).toEqual([]);
  });

  it('waits for the cache that has good files to become primary', () => {
    const first = damage('redis-a', 'cache');
    expect(decide([first], { cache: null }).waiting).toEqual(['the other one is not primary yet']);
    expect(decide([first], { cache: 'redis-b' }).now).toEqual(['redis-a']);
    expect(decide([first], { cache: 'redis-a' }).now).toEqual([]);
  });

  it('begins with an empty cache where the files of neither load', () => {
    const both = [damage('redis-a', 'cache'), damage('redis-b', 'cache')];
    expect(decide(both, { cache: null }).now).toEqual(['redis-a', 'redis-b']);
  });

  it('says what it does, and why', () => {
    expect(repairText(damage('replica-a', 'database'))).toBe(
      'PostgreSQL’s data on replica-a are of no use: for a reason — copy the server anew to replica-a',
    );
  });
});
