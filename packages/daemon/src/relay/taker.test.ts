import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEvents } from '@sbmcrm/local/events';
import { afterAll, describe, expect, it } from 'vitest';
import { Listeners } from './listeners.ts';
import { NOTHING } from './setting.ts';
import { Taker } from './taker.ts';
import type { ToldAlert } from './told.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-taker-'));
afterAll(() => rmSync(folder, { recursive: true }));

const platform = join(folder, 'platform.json');
writeFileSync(platform, '{}');
const at = (name: string) => ({ events: join(folder, name), platform });

const alert = (state: ToldAlert['state'], startsAt = '2026-01-01T00:00:00Z'): ToldAlert => ({
  ...{ event: 'alert', name: 'HighCpu', state, text: 'busy', since: startsAt },
  ...{ id: 'f', key: `f ${startsAt} ${state}` },
});

describe('what is told', () => {
  const states = (paths: { events: string }) => readEvents(paths).map(({ state }) => state);

  it('is kept once, also by one that begins anew', () => {
    const paths = at('one');
    const taker = new Taker(paths, () => NOTHING);
    taker.keep([alert('firing')]);
    taker.keep([alert('firing')]);
    new Taker(paths, () => NOTHING).keep([alert('firing')]);
    expect(states(paths)).toEqual(['firing']);
  });

  it('is kept again where it ended meanwhile, though it began at the same time', () => {
    const paths = at('two');
    const taker = new Taker(paths, () => NOTHING);
    for (const state of ['firing', 'resolved', 'firing'] as const) taker.keep([alert(state)]);
    expect(states(paths)).toEqual(['firing', 'resolved', 'firing']);
  });

  it('to a hook that fails is one event, however often it is told', async () => {
    const paths = at('three');
    const taker = new Taker(paths, () => ({ ...NOTHING, hook: ['/bin/false'] }));
    expect([await taker.runHook([alert('firing')]), await taker.runHook([alert('firing')])]).toEqual([503, 503]);
    expect(readEvents(paths).map(({ text }) => text)).toEqual(['the hook ended with 1 (for HighCpu, firing)']);
  });

  it('to no hook is done', async () => {
    expect(await new Taker(at('four'), () => NOTHING).runHook([alert('firing')])).toBe(200);
  });
});

describe('ports', () => {
  it('that are free are opened also where one is taken, and that one once it is free', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const listeners = new Listeners();
    const free = await freePort();
    const keep = () => listeners.keep([port, free], '127.0.0.1', () => createServer());
    await expect(keep()).rejects.toThrow('EADDRINUSE');
    await new Promise((resolve) => other.close(resolve));
    await keep();
    await listeners.keep([], '127.0.0.1', () => createServer());
    const again = new Listeners();
    await again.keep([port, free], '127.0.0.1', () => createServer());
    again.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
