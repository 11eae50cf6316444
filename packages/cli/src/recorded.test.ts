import { describe, expect, it } from 'vitest';
import { eventsText } from './handlers/events.ts';
import { recorded, words } from './recorded.ts';

describe('what is kept of a command', () => {
  it('is what was typed, without where the platform is', () => {
    const typed = ['failover', 'database', '--state', '/x', '--to', 'postgres-b', '--spec=/y.yaml', '--json'];
    expect(words(typed)).toBe('failover database --to postgres-b');
    expect(words(Array(500).fill('a')).length).toBe(300);
  });

  it('is nothing of one that only looks', () => {
    const command = (name: string) => ({ name, description: '', load: async () => () => {} });
    const [run, list] = [command('run'), command('list')];
    const kept = recorded({ name: 'drill', description: '', commands: [run, list] }, 'list').commands ?? [];
    expect(kept.map(({ load }) => load === run.load || load === list.load)).toEqual([false, true]);
  });
});

describe('events', () => {
  it('say when, what, who and where', () => {
    const at = '2026-01-01T10:00:00.000Z';
    const text = eventsText(
      [
        { at, kind: 'alert', name: 'ZoneDown', state: 'firing', by: 'monitoring', zone: 'a', text: 'zone a is lost' },
        { at, kind: 'command', state: 'failed', by: 'root', text: 'up: no room' },
      ],
      '1d',
    );
    expect(text).toMatch(/2026-01-01 10:00:00 +ZoneDown firing +monitoring +zone a is lost$/m);
    expect(text).toMatch(/command failed +root +up: no room$/m);
    expect(eventsText([], '1h')).toBe('nothing happened in the last 1h');
  });
});
