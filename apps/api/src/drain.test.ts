import { describe, expect, it } from 'vitest';
import { type DrainSteps, drain } from './drain.ts';
import { Lifecycle } from './lifecycle.ts';

function harness(overrides: Partial<DrainSteps> = {}) {
  const lifecycle = new Lifecycle();
  lifecycle.advance('ready');
  const log: string[] = [];
  const steps: DrainSteps = {
    lifecycle,
    delayMs: 3000,
    deadlineMs: 30_000,
    closeServer: async () => log.push(`close server while ${lifecycle.state}`),
    closeRest: async () => log.push('close rest'),
    // Short waits are over at once; the deadline never comes.
    sleep: async (milliseconds) => {
      if (milliseconds === 30_000) return new Promise(() => {});
      log.push(`${lifecycle.state} for ${milliseconds}`);
    },
    ...overrides,
  };
  return { lifecycle, log, steps };
}

describe('drain', () => {
  it('tells the load balancers, waits, stops accepting, then closes the rest', async () => {
    const { log, steps } = harness();
    expect(await drain(steps)).toBe('finished');
    expect(log).toEqual(['draining for 1500', 'closing for 1500', 'close server while closing', 'close rest']);
  });

  it('is done once', async () => {
    const { log, steps } = harness();
    const first = drain(steps);
    expect(await drain(steps)).toBe('again');
    await first;
    expect(log.filter((line) => line === 'close rest')).toHaveLength(1);
  });

  it('ends at the deadline when a request does not', async () => {
    const { steps } = harness({ closeServer: () => new Promise(() => {}), sleep: async () => {} });
    expect(await drain(steps)).toBe('cut');
  });
});

describe('Lifecycle', () => {
  it('moves forward only', () => {
    const lifecycle = new Lifecycle();
    expect(lifecycle.state).toBe('starting');
    expect(lifecycle.isLeaving).toBe(false);
    expect(lifecycle.advance('draining')).toBe(true);
    expect(lifecycle.isLeaving).toBe(true);
    // Migrations were done too late.
    expect(lifecycle.advance('ready')).toBe(false);
    expect(lifecycle.advance('draining')).toBe(false);
    expect(lifecycle.advance('closing')).toBe(true);
    expect(lifecycle.state).toBe('closing');
  });
});
