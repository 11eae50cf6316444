import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { patiently } from './patience.ts';

const after = (milliseconds: number) =>
  new Promise<string>((resolve) => setTimeout(() => resolve('yes'), milliseconds));

describe('a wait for an answer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ends with the answer', async () => {
    const wait = patiently(after(900), 1000);
    await vi.advanceTimersByTimeAsync(900);
    await expect(wait).resolves.toBe('yes');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends when it has been long enough, and says so', async () => {
    const wait = patiently(after(5000), 1000);
    const failed = expect(wait).rejects.toThrow('timeout: no answer in 1000 ms');
    await vi.advanceTimersByTimeAsync(1000);
    await failed;
  });

  it('ends when it is not wanted any more, also before it began', async () => {
    const end = new AbortController();
    const wait = patiently(after(5000), 1000, end.signal);
    const ended = expect(wait).rejects.toThrow('enough');
    end.abort(new Error('enough'));
    await ended;
    await expect(patiently(after(5000), 1000, end.signal)).rejects.toThrow('enough');
  });
});

describe('a process that stood still', () => {
  it('reads the answer that came meanwhile instead of timing out', async () => {
    // The answer is there at once, and nobody can read it before 400 ms are over.
    const { promise, resolve } = Promise.withResolvers<string>();
    const worker = new MessageChannel();
    worker.port2.on('message', () => resolve('yes'));
    const wait = patiently(promise, 200);
    worker.port1.postMessage('yes');
    const until = performance.now() + 400;
    while (performance.now() < until);
    await expect(wait).resolves.toBe('yes');
    worker.port1.close();
  });
});
