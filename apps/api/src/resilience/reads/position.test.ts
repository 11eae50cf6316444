import { describe, expect, it } from 'vitest';
import { formatLsn, formatPosition, laterPosition, parsePosition, timelineOf } from './position.ts';

describe('position', () => {
  it.each(['1:0/0', '3:0/194A708', '2147483647:FFFFFFFF/FFFFFFFF', '12:1A/2B'])('reads and writes %s', (text) => {
    const position = parsePosition(text);
    expect(position && formatPosition(position)).toBe(text);
  });

  it.each([
    undefined,
    '',
    '1',
    '0/194A708',
    '1:0/',
    '1:0/123456789',
    '-1:0/1',
    '1:0/1;DROP',
    'x:0/1',
    '4294967295:0/1',
  ])('takes %s for none', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  it('writes the byte as PostgreSQL does', () => {
    expect(formatLsn((0x16n << 32n) | 0xb374d848n)).toBe('16/B374D848');
  });

  it.each([
    ['1:0/10', '1:0/9', '1:0/10'],
    ['1:1/0', '1:0/FFFFFFFF', '1:1/0'],
    // A new timeline may begin at an earlier byte than the old one ended.
    ['2:0/1', '1:0/FFFF', '2:0/1'],
    ['1:0/5', '1:0/5', '1:0/5'],
    [undefined, '1:0/5', '1:0/5'],
    ['1:0/5', undefined, '1:0/5'],
  ])('of %s and %s takes %s as the later', (a, b, later) => {
    expect(laterPosition(parsePosition(a), parsePosition(b))).toEqual(parsePosition(later));
  });

  it("reads a timeline from a log file's name", () => {
    expect(timelineOf('0000000A0000000100000012')).toBe(10);
  });
});
