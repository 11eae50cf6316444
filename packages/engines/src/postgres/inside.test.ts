import { describe, expect, it } from 'vitest';
import { damagedPage } from './inside.ts';

describe('a line of a server’s log', () => {
  it('names the damaged page', () => {
    const line = '2026-11-28 12:00:20 UTC [99] ERROR:  invalid page in block 17 of relation base/16385/16400';
    expect(damagedPage(line)).toEqual({ relation: 'base/16385/16400', block: 17 });
    expect(damagedPage(line.replace('base/16385/16400', '"base/16385/16400"'))).toEqual({
      relation: 'base/16385/16400',
      block: 17,
    });
  });

  it('names none otherwise', () => {
    expect(damagedPage('LOG:  page verification failed, calculated checksum 1 but expected 2')).toBeUndefined();
  });
});
