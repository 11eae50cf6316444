import { expect, it } from 'vitest';
import { networkTraffic } from './usage.ts';

it('counts what a host received and sent on each of its networks', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:    1234      10    0    0    0     0          0         0     5678      11    0    0    0     0       0          0
 mgmt0:42 1 0 0 0 0 0 0 43 1 0 0 0 0 0 0
`;
  expect(networkTraffic(text)).toEqual([
    { name: 'data', received: 1234, sent: 5678 },
    { name: 'management', received: 42, sent: 43 },
  ]);
  expect(networkTraffic('')).toEqual([]);
});
