import { describe, expect, it } from 'vitest';
import { migrations } from './index.ts';

describe('the migrations', () => {
  it('are numbered from 1 without a gap, and named once each', () => {
    expect(migrations.map((migration) => migration.id)).toEqual(migrations.map((_, index) => index + 1));
    expect(new Set(migrations.map((migration) => migration.name)).size).toBe(migrations.length);
  });
});
