import { describe, expect, it } from 'vitest';
import { MOST_BYTES, Order, open, seal, type Word } from './words.ts';

const word: Word = { kind: 'word', from: 'lb-a', run: 'r1', seq: 1, holds: true, claims: true, serves: true };

describe('words of load balancers', () => {
  it('are read by who knows the secret, and only as they were sent', () => {
    const datagram = seal('secret', word);
    expect(open(['secret'], datagram)).toEqual(word);
    expect(open(['another', 'secret'], datagram)).toEqual(word);
    expect(open(['another'], datagram)).toBeUndefined();
    for (const at of [0, 40]) {
      const changed = Buffer.from(datagram);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(open(['secret'], changed)).toBeUndefined();
    }
    for (const bytes of [0, 32, MOST_BYTES + 1]) expect(open(['secret'], Buffer.alloc(bytes))).toBeUndefined();
  });

  it('are new once, and none is from before the last', () => {
    const order = new Order();
    expect([1, 3, 3, 2, 4].map((seq) => order.isNew({ ...word, seq }))).toEqual([true, true, false, false, true]);
    // It was started again.
    expect(order.isNew({ ...word, run: 'r2' })).toBe(true);
    expect(order.isNew({ ...word, from: 'lb-b' })).toBe(true);
  });
});
