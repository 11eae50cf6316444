import { planNetwork } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { hardwareAddress, linkNames } from './network.ts';

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
