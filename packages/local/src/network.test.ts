import { planNetwork } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { hardwareAddress, isolations, linkNames, renderFirewall } from './network.ts';

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

describe('renderFirewall', () => {
  const rules = (direction: 'in' | 'out' | 'both') => {
    const faults = [{ id: '1', kind: 'isolate' as const, target: 'postgres-a', since: '', direction }];
    const text = renderFirewall(
      plan,
      8080,
      80,
      isolations(plan, faults, () => '10.77.1.130'),
    );
    return text.split('\n').filter((line) => line.includes('drop'));
  };
  const from = 'iifname "sbm0a4d-0182" drop';
  const to = 'oifname "sbm0a4d-0182" drop';

  it('drops what an isolated host sends, gets, or both; also to and from this machine', () => {
    expect(rules('out').map((line) => line.trim())).toEqual([from, from]);
    expect(rules('in').map((line) => line.trim())).toEqual([to, to]);
    expect(rules('both').map((line) => line.trim())).toEqual([from, to, from, to]);
  });

  it('leads the published port to the floating address, from this machine alone', () => {
    const text = renderFirewall(plan, 8099, 80, []);
    expect(text).toContain('ip daddr 127.0.0.1 tcp dport 8099 dnat to 10.77.0.10:80');
    expect(text).not.toContain('drop');
  });
});
