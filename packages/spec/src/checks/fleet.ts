import type { Spec } from '../schema.ts';

/** How many API servers there are, and how many of them are left when the zone that has more of them is lost. */
export interface Fleet {
  total: number;
  left: number;
}

/** The fleet as it begins: the named instances, and what auto-scaling adds to them goes to the zone that has fewer. */
export function startingFleet({ application: { instances, autoScaling } }: Spec): Fleet {
  const total = Math.max(autoScaling.desired, instances.length);
  const named = instances.filter(({ zone }) => zone === 'a').length;
  const busier = Math.max(named, instances.length - named, Math.ceil(total / 2));
  return { total, left: total - busier };
}
