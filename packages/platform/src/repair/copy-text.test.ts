import { describe, expect, it } from 'vitest';
import { copyText } from './copy-text.ts';

const MB = 1024;
const at = (seconds: number, doneMb: number) => ({ atMs: seconds * 1000, doneKb: doneMb * MB, totalKb: 2000 * MB });

describe('the progress of a copy', () => {
  it('is in percent and time', () => {
    expect(copyText([at(0, 0), at(1, 100), at(2, 200)])).toBe('10 % of 2.0 GB, 18 s left');
  });

  it('says nothing before there is anything to say', () => {
    expect(copyText([])).toBeUndefined();
    expect(copyText([{ atMs: 0 }])).toBeUndefined();
    expect(copyText([{ atMs: 0, doneKb: 0, totalKb: 0 }])).toBeUndefined();
  });

  it('guesses no time from one line, or where nothing moves', () => {
    expect(copyText([at(0, 100)])).toBe('5 % of 2.0 GB');
    expect(copyText([at(0, 100), at(5, 100)])).toBe('5 % of 2.0 GB');
  });

  it('reckons with the rate of now: a link may have got better', () => {
    expect(copyText([at(0, 0), at(100, 100), at(101, 200), at(102, 300)])).toBe('15 % of 2.0 GB, 17 s left');
  });

  it('begins anew with a copy that does', () => {
    expect(copyText([at(0, 1000), at(1, 1900), at(2, 0), at(3, 100)])).toBe('5 % of 2.0 GB, 19 s left');
  });

  it('is never more than all: a server may grow while it is copied', () => {
    expect(copyText([at(0, 1900), at(1, 2100)])).toBe('100 % of 2.0 GB, 0 s left');
  });
});
