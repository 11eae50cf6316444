import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { appendEvent, readEvents } from './events.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-events-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the log of events', () => {
  const platform = join(folder, 'platform.json');
  writeFileSync(platform, '{}');
  const at = (name: string) => ({ events: join(folder, name), platform });

  it('keeps what happened, in order and for the owner alone', () => {
    const paths = at('one');
    appendEvent(paths, { kind: 'fence', by: 'x', text: 'first' });
    appendEvent(paths, { kind: 'hook', by: 'y', text: 'second' });
    expect(readEvents(paths).map(({ text }) => text)).toEqual(['first', 'second']);
    expect(statSync(paths.events).mode & 0o777).toBe(0o600);
  });

  it('passes over a line that was cut off', () => {
    const paths = at('two');
    appendEvent(paths, { kind: 'fence', by: 'x', text: 'whole' });
    appendFileSync(paths.events, '42\nnull\n{"at":"20');
    appendEvent(paths, { kind: 'fence', by: 'x', text: 'next' });
    expect(readEvents(paths).map(({ text }) => text)).toEqual(['whole', 'next']);
  });

  it('begins anew when it is long, and keeps the one before', () => {
    const paths = at('three');
    writeFileSync(paths.events, `${JSON.stringify({ at: 'x', text: 'old', more: 'y'.repeat(10_000_001) })}\n`);
    appendEvent(paths, { kind: 'fence', by: 'x', text: 'new' });
    expect(readEvents(paths).map(({ text }) => text)).toEqual(['old', 'new']);
    expect(statSync(paths.events).size).toBeLessThan(200);
  });

  it('is not begun in a folder that was emptied', () => {
    const paths = { ...at('five'), platform: join(folder, 'gone') };
    appendEvent(paths, { kind: 'fence', by: 'x', text: 'late' });
    expect(readEvents(paths)).toEqual([]);
  });

  it('is empty where nothing happened', () => expect(readEvents(at('none'))).toEqual([]));
});
