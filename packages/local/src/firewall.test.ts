import { planNetwork } from '@sbmcrm/topology';
import { describe, expect, it } from 'vitest';
import { type DropRules, renderMachineFirewall, renderSwitchFirewall } from './firewall.ts';

const plan = planNetwork('10.77.0.0/16');
const none: DropRules = { isolated: [], cuts: [], losses: [] };

/** Drop rules by chain. */
function drops(rules: Partial<DropRules>): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  let chain = '';
  for (const line of renderSwitchFirewall(plan, { ...none, ...rules }).split('\n')) {
    chain = /chain (\w+)/.exec(line)?.[1] ?? chain;
    if (line.includes('drop')) found[chain] = [...(found[chain] ?? []), line.trim()];
  }
  return found;
}

describe('renderSwitchFirewall', () => {
  const from = 'iifname "x" drop';
  const to = 'oifname "x" drop';

  it('drops what an isolated host sends, gets, or both; also to and from this machine', () => {
    expect(drops({ isolated: [{ port: 'x', direction: 'out' }] })).toEqual({ forward: [from] });
    expect(drops({ isolated: [{ port: 'x', direction: 'in' }] })).toEqual({ forward: [to] });
    expect(drops({ isolated: [{ port: 'x', direction: 'both' }] })).toEqual({ forward: [from, to] });
  });

  it('cuts two groups of hosts apart, both ways, and leaves them this machine', () => {
    expect(drops({ cuts: [{ left: ['a1', 'a2'], right: ['b1'] }] })).toEqual({
      forward: ['iifname { "a1", "a2" } oifname { "b1" } drop', 'iifname { "b1" } oifname { "a1", "a2" } drop'],
    });
    expect(drops({ cuts: [{ left: ['a1'], right: [] }] })).toEqual({});
  });

  it.each([
    [5, 'numgen random mod 10000 < 500 drop'],
    [0.01, 'numgen random mod 10000 < 1 drop'],
    [33.33, 'numgen random mod 10000 < 3333 drop'],
    [100, 'drop'],
  ])('loses %s percent each way by: %s', (percent, rule) => {
    const match = `"x" ${rule}`;
    expect(drops({ losses: [{ port: 'x', percent }] })).toEqual({
      forward: [`iifname ${match}`, `oifname ${match}`],
    });
  });
});

describe('renderMachineFirewall', () => {
  it('leads the published port to the floating address, from this machine alone', () => {
    const text = renderMachineFirewall(plan, 8099, 80, [7070, 7071]);
    expect(text).toContain('ip daddr 127.0.0.1 tcp dport 8099 dnat ip to 10.77.0.10:80');
    expect(text).not.toContain('dport 80 ');
    expect(text).toContain('ip daddr 10.77.128.1 tcp dport { 7070, 7071 } accept');
  });
});
