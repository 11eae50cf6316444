import { describe, expect, it } from 'vitest';
import { countKeys } from './room.ts';

describe('keys by their beginnings', () => {
  it('are counted up to the second slash, the most first', () => {
    const keys = ['/sbmcrm/db/leader', '/junk/1', '/junk/2', 'plain', 'a/b', '/junk/deep/3'];
    expect(countKeys(keys)).toEqual([
      { prefix: '/junk/', count: 3 },
      { prefix: '/sbmcrm/', count: 1 },
      { prefix: 'plain', count: 1 },
      { prefix: 'a/', count: 1 },
    ]);
    expect(countKeys([])).toEqual([]);
  });
});
