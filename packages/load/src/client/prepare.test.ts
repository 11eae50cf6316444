import { describe, expect, it } from 'vitest';
import { usersFor } from './prepare.ts';

describe('the users of a load', () => {
  it.each([
    [1, 4],
    [25, 7],
    [64, 16],
    [5000, 16],
  ])('at %i/s: %i', (rate, users) => expect(usersFor(rate)).toBe(users));
});
