import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Booting } from './booting.ts';

const host = (name: string, services: string[], urgent = false) => ({
  name,
  services: services.map((each) => ({ name: each, run: '', files: [] })),
  size: { cpus: 1, memory: 0, disk: 0, urgent },
});
const HOSTS = [
  host('db-a', ['patroni', 'guard']),
  host('db-b', ['patroni', 'guard']),
  host('copy-a', ['patroni']),
  host('q-a', ['etcd'], true),
  host('q-b', ['etcd'], true),
];

function start(...running: string[]) {
  const said: string[] = [];
  const booting = new Booting({
    definitions: () => HOSTS,
    running: async () => running,
    weigh: (name, share) => said.push(`${name} ${share}`),
  });
  const begin = async (name: string) => {
    if (!running.includes(name)) running.push(name);
    await booting.started(name);
  };
  return { booting, begin, said };
}

describe('hosts that start', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('have a smaller share for a while, beside one that does the same', async () => {
    const { begin, said } = start('db-a');
    await begin('db-b');
    expect(said).toEqual(['db-b 0.25']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual(['db-b 0.25', 'db-b 1']);
  });

  it.each([
    ['there is nobody who does the same', ['copy-a'], ['db-b']],
    ['the other one starts, too', ['copy-a'], ['db-a', 'db-b']],
    ['all wait for it', ['q-a'], ['q-b']],
  ])('have their whole share where %s', async (_what, running, started) => {
    const { begin, said } = start(...running);
    for (const name of started) await begin(name);
    expect(said).toEqual([]);
  });

  it('begin anew when they are started again, and have it all when the daemon is', async () => {
    const { booting, begin, said } = start('db-a');
    await begin('db-b');
    await vi.advanceTimersByTimeAsync(9000);
    await begin('db-b');
    await vi.advanceTimersByTimeAsync(9000);
    expect(said).toEqual(['db-b 0.25', 'db-b 0.25']);
    booting.close();
    await booting.settle();
    expect(said.slice(2)).toEqual(['db-a 1', 'db-b 1']);
  });
});
