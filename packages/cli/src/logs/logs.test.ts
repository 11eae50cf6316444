import { describe, expect, it } from 'vitest';
import { HostLines, lastOf, lineText } from './lines.ts';
import { followLogs, type HostLog, readLogs } from './merged.ts';

const LOG = `==> api/@400000006b08d6b7395fc844.u <==
2026-01-01_00:00:01.12345 first
no time at all

==> api/current <==
2026-01-01_00:00:02.00000 WARNING second

==> router/current <==
2026-01-01_00:00:01.50000 other
`;
const log = (host: string, text: string): HostLog => ({ host, call: { program: 'printf', args: ['%s', text] } });

describe('lines of a host', () => {
  it('are known by their heads and stamps, also in pieces', () => {
    for (const size of [LOG.length, 7]) {
      const lines = new HostLines('x', {});
      const taken = Array.from({ length: Math.ceil(LOG.length / size) }, (_, n) =>
        lines.take(LOG.slice(n * size, (n + 1) * size)),
      ).flat();
      expect(taken).toEqual([
        { at: '2026-01-01T00:00:01.123Z', host: 'x', service: 'api', level: 'info', text: 'first' },
        { at: '2026-01-01T00:00:02.000Z', host: 'x', service: 'api', level: 'warning', text: 'WARNING second' },
        { at: '2026-01-01T00:00:01.500Z', host: 'x', service: 'router', level: 'info', text: 'other' },
      ]);
    }
  });

  it('are wanted by their times and words', () => {
    const texts = (wanted: ConstructorParameters<typeof HostLines>[1]) =>
      new HostLines('x', wanted).take(LOG).map(({ text }) => text);
    expect(texts({ since: '2026-01-01T00:00:01.500Z' })).toEqual(['WARNING second', 'other']);
    expect(texts({ level: 'warning' })).toEqual(['WARNING second']);
    expect(texts({ grep: /^o/ })).toEqual(['other']);
  });

  it('do nothing to a terminal', () => {
    const line = { at: '2026-01-01T00:00:01.123Z', host: 'x', service: 'api', text: '\u001b[31mred\u0007\tx' };
    expect(lineText(line)).toBe('2026-01-01 00:00:01.123  x/api  [31mred  x');
  });
});

describe('lines of all hosts', () => {
  const other = LOG.replaceAll(':01', ':03').replaceAll(':02', ':04').replaceAll('first', 'third');

  it('are in the order of their times, the last ones', async () => {
    const texts = async (most: number) =>
      (await readLogs([log('x', LOG), log('y', other)], {}, most)).map(({ host, text }) => `${host} ${text}`);
    expect(await texts(10)).toEqual([
      'x first',
      'x other',
      'x WARNING second',
      'y third',
      'y other',
      'y WARNING second',
    ]);
    expect(await texts(2)).toEqual(['y other', 'y WARNING second']);
    expect(await texts(0)).toEqual([]);
  });

  it('are followed until somebody ends it', async () => {
    const shown: string[] = [];
    const stop = new AbortController();
    const endless: HostLog = {
      host: 'z',
      call: { program: 'sh', args: ['-c', `printf '%s' "$1"; exec sleep 600`, 'sh', LOG] },
    };
    await followLogs(
      [endless, log('y', other)],
      {},
      3,
      (lines) => {
        shown.push(...lines.map(({ host, text }) => `${host} ${text}`));
        stop.abort();
      },
      stop.signal,
    );
    expect(shown).toEqual(['y third', 'y other', 'y WARNING second']);
  });

  it('say of whom they cannot be read', async () => {
    const broken: HostLog = { host: 'z', call: { program: 'sh', args: ['-c', 'echo no such thing >&2; exit 3'] } };
    await expect(readLogs([broken], {}, 3)).rejects.toThrow('the logs of z cannot be read: no such thing');
  });

  it('of the same time stay as they came', () => {
    const line = (text: string) => ({ at: 'x', host: 'h', service: 's', level: 'info' as const, text });
    expect(lastOf([line('a'), line('b'), line('c')], 2).map(({ text }) => text)).toEqual(['b', 'c']);
  });
});
