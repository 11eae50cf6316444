import type { FaultKindDefinition } from '../kind.ts';

const DIRECTIONS = ['in', 'out', 'both'] as const;

export const isolate: FaultKindDefinition = {
  takes: ['host', 'place'],
  about: 'no frame on the data network, not even from this machine',
  options: {
    direction: { flag: 'direction', about: 'packets to the host, from it, or both', choices: DIRECTIONS },
  },
  isolates: true,
  drops: ({ fault }, { own }) => {
    const direction = (fault.direction ?? 'both') as (typeof DIRECTIONS)[number];
    return { isolated: own.map((port) => ({ port, direction })) };
  },
};
