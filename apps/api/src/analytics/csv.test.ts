import { describe, expect, it } from 'vitest';
import { CSV_HEAD, csvLine } from './csv.ts';

const line = {
  created_at: new Date('2026-01-31T12:00:00.5Z'),
  sequence: '7',
  id: 'line',
  customer_id: 'customer',
  type: 'redeem',
  points: '-5',
  balance: '10',
  reason: 'gift',
  reference: null,
  transfer_id: null,
};

describe('a line of the report', () => {
  it('has a field for each word of the head', () => {
    expect(csvLine(line)).toBe('2026-01-31T12:00:00.500Z,line,customer,redeem,-5,10,gift,,\r\n');
    expect(csvLine(line).split(',')).toHaveLength(CSV_HEAD.split(',').length);
  });

  it.each([
    ['a, b', '"a, b"'],
    ['say "yes"', '"say ""yes"""'],
    ['two\nlines', '"two\nlines"'],
    ["é ; '", "é ; '"],
  ])('quotes what needs it: %j', (reason, field) => {
    expect(csvLine({ ...line, reason })).toContain(`,10,${field},`);
  });
});
