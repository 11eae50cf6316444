import { z } from 'zod';
import { listOr, show } from '../text.ts';
import { list } from './scalars.ts';

const LOAD_ZONES = ['a', 'b'] as const;
const ALL_ZONES = ['a', 'b', 'c'] as const;

/** A zone that carries load: where requests are served and data is kept. */
export function loadZone(about: string) {
  return z
    .enum(LOAD_ZONES, {
      error: ({ input }) => {
        if (input === 'c') return '"c" is the witness zone: this goes into a or b';
        return input === undefined ? 'is missing: expected a or b' : `${show(input)} is not ${listOr(LOAD_ZONES)}`;
      },
    })
    .meta({ description: about });
}

/**
 * One member of a quorum an entry. Unsafe lists (even, crowded into one zone) are legal here: `check` explains what is
 * wrong with them.
 */
export function memberZones(about: string) {
  const zone = z.enum(ALL_ZONES, { error: ({ input }) => `${show(input)} is not ${listOr(ALL_ZONES)}` });
  return list(zone, { about, from: 1, to: 5 }).prefault([...ALL_ZONES]);
}
