import { describe, expect, it } from 'vitest';
import { bounded, capacityOf, fromSpec } from './capacity.ts';

const SPEC = { min: 2, max: 6, desired: 2 };
const kept = JSON.stringify({ ...fromSpec(SPEC, 1), desired: 4, by: 'ops', atMs: 2 });

describe('the wanted capacity', () => {
  it('is the spec’s at first, and where what is kept is of no use', () => {
    for (const text of [undefined, '', '{', 'null', '[]', '{"min":0}', '{"min":2,"max":6,"desired":2}'])
      expect(capacityOf(text, SPEC, 6, 9)).toEqual({ ...SPEC, spec: SPEC, by: 'the spec', atMs: 9 });
  });

  it('is what somebody wanted last, until the spec says something else', () => {
    expect(capacityOf(kept, SPEC, 6, 9)).toMatchObject({ desired: 4, by: 'ops', atMs: 2 });
    expect(capacityOf(kept, { ...SPEC, min: 3, desired: 3 }, 6, 9)).toMatchObject({
      desired: 3,
      by: 'the spec',
      atMs: 9,
    });
  });

  it('is never more than there are places, nor less than one', () => {
    expect(capacityOf(kept, SPEC, 3, 9)).toMatchObject({ min: 2, max: 3, desired: 3 });
    expect(bounded({ min: 5, max: 9, desired: 1 }, 4)).toEqual({ min: 4, max: 4, desired: 4 });
    expect(bounded({ min: 5, max: 9, desired: 1 }, 0)).toEqual({ min: 1, max: 1, desired: 1 });
  });
});
