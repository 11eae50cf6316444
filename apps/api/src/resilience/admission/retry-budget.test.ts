import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

describe('the retry budget', () => {
  it('allows a stall its retries, then one for ten that come', () => {
    const budget = new RetryBudget();
    let granted = 0;
    while (budget.take()) granted += 1;
    expect(granted).toBe(50);
    let later = 0;
    for (let n = 0; n < 1000; n += 1) {
      budget.came();
      if (budget.take()) later += 1;
    }
    expect(later).toBeGreaterThanOrEqual(99);
    expect(later).toBeLessThanOrEqual(101);
  });

  it('does not save up without end', () => {
    const budget = new RetryBudget();
    for (let n = 0; n < 100_000; n += 1) budget.came();
    let granted = 0;
    while (budget.take()) granted += 1;
    expect(granted).toBe(50);
  });
});
