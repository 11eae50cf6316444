import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCheck, Unwell } from './check.ts';

describe('a health check', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('tells the outcome and how long it took', async () => {
    expect(await createCheck(async () => undefined)()).toEqual({ status: 'ok', latencyMs: expect.any(Number) });
    expect(await createCheck(async () => 'none configured')()).toMatchObject({
      status: 'ok',
      detail: 'none configured',
    });
  });

  it('probes once for all who ask within a second', async () => {
    let probes = 0;
    const check = createCheck(async () => {
      probes += 1;
      return undefined;
    });
    await Promise.all([check(), check(), check()]);
    await vi.advanceTimersByTimeAsync(900);
    await check();
    expect(probes).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    await check();
    expect(probes).toBe(2);
  });

  it('fails after its time-out and does not probe again while the first probe hangs', async () => {
    let probes = 0;
    const check = createCheck(() => {
      probes += 1;
      return new Promise(() => {});
    });
    for (let round = 0; round < 3; round += 1) {
      const answer = check();
      await vi.advanceTimersByTimeAsync(2000);
      expect(await answer).toMatchObject({ status: 'failed', detail: 'no answer in 2000 ms' });
      await vi.advanceTimersByTimeAsync(1100);
    }
    expect(probes).toBe(1);
  });

  it.each([
    [new Unwell('disk full (53100)'), 'disk full (53100)'],
    [new Error('no primary'), 'Error'],
    [Object.assign(new Error('connect ECONNREFUSED 10.77.1.30:5432'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error('password authentication failed for user "sbmcrm"'), 'Error'],
  ])('tells of %s no more than %s', async (error, detail) => {
    expect(await createCheck(() => Promise.reject(error))()).toMatchObject({ status: 'failed', detail });
  });
});
