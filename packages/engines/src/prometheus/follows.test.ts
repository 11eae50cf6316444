import { expect, it } from 'vitest';
import type { FiringAlert } from './firing.ts';
import { following } from './follows.ts';

const firing = (name: string, labels: Record<string, string> = {}): FiringAlert => ({
  ...{ name, severity: 'warning', text: name, since: '' },
  labels,
});
const RULES = [
  { name: 'Host' },
  { name: 'Zone' },
  { name: 'Target', follows: [{ alert: 'Host', same: 'host' as const }] },
  { name: 'Standby', follows: [{ alert: 'Zone', zones: ['a', 'b'] }] },
];
const names = (...alerts: FiringAlert[]) =>
  following(alerts, RULES).map(({ name, labels }) => `${name} ${labels.host ?? ''}`.trim());

it('is what a lost host says of itself', () => {
  const all = [firing('Host', { host: 'x' }), firing('Target', { host: 'x' }), firing('Target', { host: 'y' })];
  expect(names(...all)).toEqual(['Target x']);
  expect(names(...all.slice(1))).toEqual([]);
});

it('is of some zones alone', () => {
  expect(names(firing('Zone', { zone: 'a' }), firing('Standby'))).toEqual(['Standby']);
  expect(names(firing('Zone', { zone: 'c' }), firing('Standby'))).toEqual([]);
});

it('is nothing that no rule has', () => {
  expect(names(firing('Host', { host: 'x' }), firing('Unknown', { host: 'x' }))).toEqual([]);
});
