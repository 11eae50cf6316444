import type { Spec } from '../schema.ts';
import { type Rule, set } from './finding.ts';

type Zone = Spec['quorum']['zones'][number];

const majority = (members: number) => Math.floor(members / 2) + 1;

/** Three members, or five for who wanted more than three, spread so that no zone holds a majority. */
function spread(members: number): Zone[] {
  return members > 3 ? ['a', 'a', 'b', 'b', 'c'] : ['a', 'b', 'c'];
}

/** The zone whose loss takes the majority along. With an even number more zones are fatal: that is the rule "even". */
function decisiveZone(zones: readonly Zone[]): Zone | undefined {
  return zones.find((zone) => zones.filter((other) => other === zone).length >= majority(zones.length));
}

/** The two groups that vote. */
const groups = {
  sentinel: {
    path: 'cache.sentinel.zones',
    members: 'Sentinels',
    zones: (spec: Spec) => spec.cache.sentinel.zones,
    consequence: 'no failover of the cache is possible',
    fix(spec: Spec) {
      const zones = spread(spec.cache.sentinel.zones.length);
      const quorum = majority(zones.length);
      return set({
        'cache.sentinel.zones': `[${zones.join(', ')}]`,
        ...(spec.cache.sentinel.quorum === quorum ? {} : { 'cache.sentinel.quorum': quorum }),
      });
    },
  },
  etcd: {
    path: 'quorum.zones',
    members: 'etcd members',
    zones: (spec: Spec) => spec.quorum.zones,
    consequence: 'no database primary can be elected',
    fix: (spec: Spec) => set({ 'quorum.zones': `[${spread(spec.quorum.zones.length).join(', ')}]` }),
  },
} as const;

type Group = (typeof groups)[keyof typeof groups];

const majorityOneZone = (name: string, group: Group): Rule => ({
  name,
  severity: 'error',
  find(spec) {
    const zones = group.zones(spec);
    const zone = decisiveZone(zones);
    if (zone === undefined) return [];
    return [
      {
        path: group.path,
        message: `zone ${zone} holds ${zones.filter((other) => other === zone).length} of ${zones.length} ${group.members}: a majority`,
        reason: `when zone ${zone} fails the others are too few to decide: ${group.consequence}`,
        fix: group.fix(spec),
      },
    ];
  },
});

const evenNumber = (name: string, group: Group): Rule => ({
  name,
  severity: 'error',
  find(spec) {
    const members = group.zones(spec).length;
    if (members % 2 === 1) return [];
    const spare = members - majority(members);
    return [
      {
        path: group.path,
        message: `${members} ${group.members}: an even number`,
        reason: `half of them decide nothing, so ${members} bear the loss of ${spare}, no more than ${members - 1} do; three zones cannot hold them so that any one zone may fail`,
        fix: group.fix(spec),
      },
    ];
  },
});

export const sentinelMajorityOneZone = majorityOneZone('sentinel-majority-one-zone', groups.sentinel);
export const sentinelEvenNumber = evenNumber('sentinel-even-number', groups.sentinel);
export const etcdMajorityOneZone = majorityOneZone('etcd-majority-one-zone', groups.etcd);
export const etcdEvenNumber = evenNumber('etcd-even-number', groups.etcd);

export const sentinelQuorum: Rule = {
  name: 'sentinel-quorum',
  severity: 'error',
  find({ cache: { sentinel } }) {
    const members = sentinel.zones.length;
    const right = majority(members);
    if (sentinel.quorum === right) return [];
    const low = sentinel.quorum < right;
    return [
      {
        path: 'cache.sentinel.quorum',
        message: `quorum ${sentinel.quorum} of ${members} Sentinels is ${low ? 'less' : 'more'} than a majority (${right})`,
        reason: low
          ? 'a few Sentinels with a bad link can start the failover of a healthy master'
          : 'a zone that fails takes its Sentinel along, and those left are too few to agree: no failover of the cache',
        fix: set({ 'cache.sentinel.quorum': right }),
      },
    ];
  },
};
