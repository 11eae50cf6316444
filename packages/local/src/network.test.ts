import { planNetwork } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { conflictingRoute, hardwareAddress, linkNames } from './network.ts';

const plan = planNetwork('10.77.0.0/16');

describe('linkNames', () => {
  it('fit into the kernel’s 15 characters and differ by host', () => {
    const names = ['10.77.1.130', '10.77.2.130', '10.77.1.13'].flatMap((address) =>
      Object.values(linkNames(plan, address)),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(15);
  });
});

describe('hardwareAddress', () => {
  it('is locally administered, unicast and fixed by the address', () => {
    expect(hardwareAddress('10.77.1.130', 'data')).toBe('02:00:0a:4d:01:82');
    expect(hardwareAddress('10.77.1.130', 'management')).toBe('02:01:0a:4d:01:82');
  });
});

describe('conflictingRoute', () => {
  it.each([
    ['the range itself', { dst: '10.77.0.0/16', dev: 'tun0' }],
    ['a part of it', { dst: '10.77.5.0/24', dev: 'br-lan' }],
    ['an address of it', { dst: '10.77.5.1', dev: 'lo' }],
  ])('is %s', (_what, route) => {
    expect(conflictingRoute(plan, [{ dst: 'default', dev: 'eth0' }, route])).toBe(route);
  });

  it.each([
    ['of the platform itself', { dst: '10.77.0.0/17', dev: 'sbm0a4d' }],
    ['wider: the platform’s is more specific', { dst: '10.0.0.0/8', dev: 'tun0' }],
    ['wider by one bit', { dst: '10.76.0.0/15', dev: 'tun0' }],
    ['beside it', { dst: '10.78.0.0/16', dev: 'tun0' }],
    ['its own claim, which has no device', { dst: '10.77.0.0/16', type: 'unreachable' }],
  ])('is none %s', (_what, route) => {
    expect(conflictingRoute(plan, [route])).toBeUndefined();
  });
});
