import { describe, expect, it } from 'vitest';
import { newTransfer } from './schema.ts';

const from = '0b5bd5c8-6a4f-4b0e-9a65-3a1f3f3c1c01';
const to = '7d0f2c35-5a3b-4f58-8a54-1d8d0c6e2b02';
const transfer = (fields: object) => newTransfer.safeParse({ from, to, points: 5, ...fields });

describe('a transfer', () => {
  it('needs no reason', () => {
    expect(transfer({}).data).toEqual({ from, to, points: 5, reason: 'transfer' });
  });

  it('keeps reason and reference, and knows an id in any case', () => {
    const fields = { from: from.toUpperCase(), reason: 'gift', reference: 'order 1' };
    expect(transfer(fields).data).toEqual({ from, to, points: 5, reason: 'gift', reference: 'order 1' });
  });

  it('wants two customers, however they are written', () => {
    const same = transfer({ to: from.toUpperCase() });
    expect(same.error?.issues).toMatchObject([{ path: ['to'], message: 'is the same customer as from' }]);
  });

  it.each([
    { points: 0 },
    { points: -1 },
    { points: 1.5 },
    { points: '1' },
    { points: 1_000_000_001 },
    { from: 'nobody' },
    { to: undefined },
    { reason: ' ' },
    { reference: '' },
    { type: 'earn' },
  ])('refuses %j', (fields) => {
    expect(transfer(fields).success).toBe(false);
  });
});
