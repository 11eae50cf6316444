import { describe, expect, it } from 'vitest';
import { askedFor } from './capacity.ts';

const NOW = { min: 2, max: 6, desired: 3 };

describe('what somebody asks for', () => {
  it('leaves what is not named, and keeps the number between its bounds', () => {
    expect(askedFor(NOW, { desired: 4 }, 10)).toEqual({ min: 2, max: 6, desired: 4 });
    expect(askedFor(NOW, { min: 4 }, 10)).toEqual({ min: 4, max: 6, desired: 4 });
    expect(askedFor(NOW, { max: 2 }, 10)).toEqual({ min: 2, max: 2, desired: 2 });
    expect(askedFor(NOW, { desired: 8, max: 8 }, 10)).toEqual({ min: 2, max: 8, desired: 8 });
  });

  it.each([
    [{ desired: 7 }, '7 are more than at most 6: give --max 7, too'],
    [{ desired: 1 }, '1 are fewer than at least 2: give --min 1, too'],
    [{ min: 8 }, 'at least 8 are more than at most 6'],
    [{ max: 11 }, 'there are 10 places: set application.autoScaling.max: 11'],
  ])('is refused where it makes no sense: %j', (asked, message) => {
    expect(() => askedFor(NOW, asked, 10)).toThrow(message);
  });
});
