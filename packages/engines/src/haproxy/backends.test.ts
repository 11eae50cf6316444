import { describe, expect, it } from 'vitest';
import { reconcileCommands } from './backends.ts';

const attached = [{ name: 'one', address: '10.0.0.1', port: 8080, draining: false }];

describe('reconcileCommands', () => {
  it('says nothing when all is as it should be, whatever the health', () => {
    expect(
      reconcileCommands(attached, [
        { name: 'one', state: 'healthy' },
        { name: 'two', state: 'disabled' },
      ]),
    ).toEqual([]);
    expect(reconcileCommands(attached, [{ name: 'one', state: 'unhealthy' }])).toEqual([]);
  });

  it('attaches what a restarted load balancer has forgotten', () => {
    expect(reconcileCommands(attached, [{ name: 'one', state: 'disabled' }])).toContain(
      'set server api/one state ready',
    );
  });

  it('takes away what is not attached any more', () => {
    expect(reconcileCommands([], [{ name: 'one', state: 'healthy' }])).toContain('set server api/one state maint');
  });

  it('keeps draining what is to drain', () => {
    const draining = attached.map((each) => ({ ...each, draining: true }));
    expect(reconcileCommands(draining, [{ name: 'one', state: 'healthy' }])).toContain(
      'set server api/one state drain',
    );
    expect(reconcileCommands(draining, [{ name: 'one', state: 'draining' }])).toEqual([]);
  });
});
