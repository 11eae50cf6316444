import { describe, expect, it } from 'vitest';
import { expectedEntries, isWrite, OPERATION_KINDS, planOperation } from './operations.ts';
import { seeded } from './random.ts';

const draw = (seed: number, count: number) => {
  const random = seeded(seed);
  return Array.from({ length: count }, () => planOperation(random, 16, 100));
};

describe('planOperation', () => {
  it('is the same for the same seed, and another one for another seed', () => {
    expect(draw(7, 200)).toEqual(draw(7, 200));
    expect(draw(7, 200)).not.toEqual(draw(8, 200));
  });

  it('uses every kind in its share, and stays in bounds', () => {
    const plans = draw(1, 20_000);
    const share = (kind: string) => plans.filter((plan) => plan.kind === kind).length / plans.length;
    for (const kind of OPERATION_KINDS) expect(share(kind)).toBeGreaterThan(0);
    expect(share('earn')).toBeCloseTo(0.25, 1);
    expect(share('login')).toBeLessThan(0.01);
    const writes = plans.filter((plan) => isWrite(plan.kind)).length / plans.length;
    expect(writes).toBeCloseTo(0.48, 1);
    for (const { user, customer, other, points } of plans) {
      expect(user < 16 && customer < 100 && other < 100 && other !== customer).toBe(true);
      expect(points).toBeGreaterThan(0);
    }
  });
});

describe('expectedEntries', () => {
  it('gives each write its ledger lines, and a read none', () => {
    const operation = { customer: 'ann', to: 'bob', points: 5 };
    expect(expectedEntries({ kind: 'redeem', ...operation })).toEqual([{ customer: 'ann', points: -5 }]);
    expect(expectedEntries({ kind: 'repeat', ...operation })).toEqual([{ customer: 'ann', points: 5 }]);
    const sum = expectedEntries({ kind: 'transfer', ...operation }).reduce((total, { points }) => total + points, 0);
    expect(sum).toBe(0);
    expect(expectedEntries({ kind: 'own-read', ...operation })).toEqual([]);
  });
});
