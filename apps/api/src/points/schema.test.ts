import { describe, expect, it } from 'vitest';
import { deltaOf, newEntry } from './schema.ts';

const entry = (fields: object) => newEntry.safeParse({ reason: 'test', ...fields });

describe('a booking', () => {
  it.each([
    [{ type: 'earn', points: 5 }, 5],
    [{ type: 'redeem', points: 5 }, -5],
    [{ type: 'adjust', points: -5 }, -5],
    [{ type: 'adjust', points: 5, reference: 'order 1' }, 5],
  ])('%j changes the balance by %d', (fields, delta) => {
    const result = entry(fields);
    expect(result.success && deltaOf(result.data)).toBe(delta);
  });

  it.each([
    { type: 'earn', points: 0 },
    { type: 'earn', points: -1 },
    { type: 'redeem', points: -1 },
    { type: 'earn', points: 1.5 },
    { type: 'earn', points: '1' },
    { type: 'earn', points: 1_000_000_001 },
    { type: 'adjust', points: 0 },
    { type: 'steal', points: 1 },
    { type: 'earn', points: 1, reason: ' ' },
    { type: 'earn', points: 1, reason: 'a\0b' },
    { type: 'earn', points: 1, balance: 9 },
  ])('refuses %j', (fields) => {
    expect(entry(fields).success).toBe(false);
  });
});
