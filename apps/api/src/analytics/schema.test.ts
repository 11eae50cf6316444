import { describe, expect, it } from 'vitest';
import { completeDays, period, top } from './schema.ts';

describe('the days of a report', () => {
  const now = Date.parse('2026-03-01T23:59:59Z');

  it.each([
    [{}, { from: '2026-01-31', to: '2026-03-01' }],
    [{ from: '2026-02-27' }, { from: '2026-02-27', to: '2026-03-01' }],
    [{ from: '2026-07-01' }, { from: '2026-07-01', to: '2026-07-01' }],
    [{ to: '2024-03-01' }, { from: '2024-02-01', to: '2024-03-01' }],
    [
      { from: '2025-01-01', to: '2025-01-01' },
      { from: '2025-01-01', to: '2025-01-01' },
    ],
  ])('%j', (given, expected) => {
    expect(completeDays(given, now)).toEqual(expected);
  });

  it.each([
    [{ from: '2026-02-30' }, 'from'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '0000-01-01' }, 'from'],
    [{ from: ['2026-01-01', '2026-01-02'] }, 'from'],
    [{ from: '2026-01-02', to: '2026-01-01' }, 'to'],
    [{ from: '2024-01-01', to: '2025-01-01' }, 'to'],
  ])('are refused: %j', (given, path) => {
    expect(period.safeParse(given).error?.issues.map((issue) => issue.path[0])).toEqual([path]);
  });

  it('may be a leap year', () => {
    expect(period.safeParse({ from: '2024-01-01', to: '2024-12-31' }).success).toBe(true);
  });
});

describe('how many', () => {
  it('is 10 unless told otherwise, at most 100', () => {
    expect([top.parse({}).limit, top.parse({ limit: '1' }).limit, top.parse({ limit: '100' }).limit]).toEqual([
      10, 1, 100,
    ]);
  });

  it.each(['0', '101', '-1', '1.5', '', 'all'])('is refused: "%s"', (limit) => {
    expect(top.safeParse({ limit }).success).toBe(false);
  });
});
