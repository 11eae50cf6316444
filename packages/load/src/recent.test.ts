import { expect, it } from 'vitest';
import { RECENT_MS, Recent } from './recent.ts';

it('knows the slowest answers of the last seconds, and forgets those before', () => {
  const recent = new Recent();
  expect(recent.p99(0)).toBeNull();
  recent.add(0, 9000);
  for (let n = 1; n <= 100; n += 1) recent.add(n, n);
  expect(recent.p99(100)).toBe(100);
  expect(recent.p99(RECENT_MS + 50)).toBe(100);
  recent.add(RECENT_MS + 200, 7);
  expect(recent.p99(RECENT_MS + 200)).toBe(7);
  expect(recent.p99(3 * RECENT_MS)).toBeNull();
});
