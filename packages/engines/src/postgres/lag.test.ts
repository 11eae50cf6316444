import { expect, it } from 'vitest';
import { lagOf, type XlogState } from './lag.ts';

const NOW = Date.parse('2026-01-01T00:01:40Z');
/** A standby that has received `received` bytes, and replayed `replayed` of them up to 88 s ago. */
const standby = (received: number, replayed: number): XlogState => ({
  received_location: received,
  replayed_location: replayed,
  replayed_timestamp: '2026-01-01 00:00:12+00:00',
});

it.each<[string, XlogState | undefined, number | undefined, number | null, number | null, number | null]>([
  // what, the standby, written by the primary, listed lag → bytes, seconds
  ['caught up with an idle primary', standby(5000, 5000), 5000, 0, 0, 0],
  ['ahead of the primary’s answer, which is older', standby(5100, 5100), 5000, 0, 0, 0],
  ['caught up, though the record is from before', standby(5000, 5000), 5000, 900, 0, 0],
  ['replay stands still, all is received', standby(9000, 5000), 9000, 0, 4000, 88],
  ['replay and reception are behind', standby(7000, 5000), 9000, 2000, 4000, 88],
  ['nothing is received any more', standby(5000, 5000), 9000, 0, 4000, 88],
  ['no primary answers, replay stands still', standby(9000, 5000), undefined, 0, 4000, 88],
  ['no primary answers, caught up', standby(5000, 5000), undefined, 0, 0, 0],
  ['no primary answers, the record knows of more', standby(5000, 5000), undefined, 300, 300, 88],
  ['nothing was ever replayed', { ...standby(9000, 5000), replayed_timestamp: null }, 9000, 0, 4000, null],
  ['says nothing of its log', {}, 9000, 300, 300, null],
  ['says nothing at all', undefined, 9000, null, null, null],
  ['says nothing, the record says in step', undefined, 9000, 0, 0, 0],
])('%s', (_what, xlog, written, listed, lagBytes, lagSeconds) => {
  expect(lagOf(xlog, written, listed, NOW)).toEqual({ lagBytes, lagSeconds });
});
