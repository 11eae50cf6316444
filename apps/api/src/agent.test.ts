import { describe, expect, it } from 'vitest';
import { AgentPeers } from './agent.ts';

describe('the agent', () => {
  it.each([
    ['starting', 'down\n'],
    ['ready', 'up ready maxconn:50\n'],
    ['draining', 'drain\n'],
    ['closing', 'maint\n'],
  ] as const)('says of a process that is %s: %j', (state, answer) => {
    expect(new AgentPeers().answer(state, '10.77.1.10', 50)).toBe(answer);
  });

  it('says ready three times to each load balancer, then leaves the last word to the operator', () => {
    const peers = new AgentPeers();
    expect([1, 2, 3, 4, 5].map(() => peers.answer('ready', 'a', 50))).toEqual([
      'up ready maxconn:50\n',
      'up ready maxconn:50\n',
      'up ready maxconn:50\n',
      'up maxconn:50\n',
      'up maxconn:50\n',
    ]);
    expect(peers.answer('ready', 'b', 50)).toBe('up ready maxconn:50\n');
  });

  it('counts from when it is ready', () => {
    const peers = new AgentPeers();
    for (let asked = 0; asked < 5; asked += 1) peers.answer('starting', 'a', 50);
    expect(peers.answer('ready', 'a', 50)).toBe('up ready maxconn:50\n');
  });

  it('forgets the oldest of too many', () => {
    const peers = new AgentPeers();
    for (let peer = 0; peer < 200; peer += 1) peers.answer('ready', `10.0.0.${peer}`, 50);
    expect(peers.answer('ready', '10.0.0.0', 50)).toBe('up ready maxconn:50\n');
  });
});
