import { describe, expect, it } from 'vitest';
import { noticesOf } from './notices.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

describe('notices', () => {
  it('are none where there is nothing to be known', () => {
    expect(noticesOf({ database: {} }, NOW)).toEqual([]);
  });

  it('remind of a maintenance, with the time that is left', () => {
    const [notice] = noticesOf({ database: { maintenance: { untilMs: NOW + 90_500 } } }, NOW);
    expect(notice).toMatchObject({ code: 'MAINTENANCE' });
    expect(notice?.text).toMatch(/^maintenance until 2026-01-01 12:01 UTC, for 2 min: .*`sbmcrm maintenance off`/);
  });

  it('tell of one that ends only by hand', () => {
    const [notice] = noticesOf({ database: { maintenance: { untilMs: null } } }, NOW);
    expect(notice?.text).toMatch(/^maintenance without an end: /);
  });

  it('tell of silences, those of one reason together', () => {
    const silence = (id: string, value: string, endsAt: string, comment: string) => ({
      ...{ id, endsAt, comment, startsAt: '2026-01-01T11:00:00Z', createdBy: 'root' },
      matchers: [{ name: 'alertname', value, isRegex: false, isEqual: true }],
    });
    const silences = [
      silence('a', 'HostDown', '2026-01-01T12:01:00Z', 'drill x'),
      silence('b', 'ZoneDown', '2026-01-01T12:02:00Z', 'drill x'),
      silence('c', 'HighCpu', '2026-01-01T13:00:00Z', 'new disk'),
    ];
    expect(noticesOf({ database: {}, silences }, NOW).map(({ code, text }) => `${code} ${text}`)).toEqual([
      'ALERTS_SILENCED until 2026-01-01 12:02 UTC nobody is told of HostDown, ZoneDown (root: drill x); `sbmcrm silence list`',
      'ALERTS_SILENCED until 2026-01-01 13:00 UTC nobody is told of HighCpu (root: new disk); `sbmcrm silence list`',
    ]);
  });

  it('tell of a rotation that was cut short, with what goes on with it', () => {
    const [notice] = noticesOf({ database: {}, rotation: 'cache' }, NOW);
    expect(notice).toMatchObject({ code: 'ROTATION_UNFINISHED' });
    expect(notice?.text).toContain('`sbmcrm rotate cache`');
  });
});
