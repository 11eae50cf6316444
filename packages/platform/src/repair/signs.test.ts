import { ENGINES } from '@sbmcrm/engines';
import { describe, expect, it } from 'vitest';
import { damageIn, parseLog } from './signs.ts';

const NOW = Date.parse('2026-11-28T12:00:30.000Z');
const log = (...lines: string[]) => parseLog(lines.map((line) => `2026-11-28_12:00:20.12345 ${line}`).join('\n'));
const found = (service: keyof typeof ENGINES, ...lines: string[]) => {
  const { damage } = ENGINES[service];
  if (!damage) throw new Error(`${service} has no data`);
  return damageIn(log(...lines), damage, NOW)?.reason;
};

describe('a log', () => {
  it('is read with its times; what has none is left out', () => {
    expect(parseLog('2026-11-28_12:00:20.12345 one\nno time\n2026-11-28_12:00:21.00000 ')).toEqual([
      { atMs: Date.parse('2026-11-28T12:00:20.123Z'), text: 'one' },
      { atMs: Date.parse('2026-11-28T12:00:21.000Z'), text: '' },
    ]);
  });

  it('counts for half a minute, and for nothing from before a repair', () => {
    const { damage } = ENGINES.redis;
    const lines = log('9:M # Fatal error loading the DB, check server logs. Exiting.');
    const [line] = lines;
    if (!damage || !line) throw new Error('no line');
    expect(damageIn(lines, damage, NOW)).toEqual({ reason: 'the files do not load', atMs: line.atMs });
    expect(damageIn(lines, damage, NOW + 25_000)).toBeUndefined();
    expect(damageIn(lines, damage, NOW, line.atMs + 1)).toBeUndefined();
  });
});

describe('signs of damage', () => {
  it.each<[keyof typeof ENGINES, string, string]>([
    [
      'patroni',
      '2026-11-28 12:00:20 UTC [99] FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000003 has already been removed',
      'the log from 000000010000000000000003 on, which they need, is kept nowhere any more',
    ],
    [
      'patroni',
      'CRITICAL system ID mismatch, node replica-a belongs to a different cluster: 1 != 2',
      'they are of another cluster',
    ],
    [
      'redis',
      '7:M # Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup',
      'the append-only file has a bad format',
    ],
    [
      'etcd',
      '{"level":"fatal","msg":"discovery failed","error":"member 8e9e05c52164694d has already been bootstrapped"}',
      'they are gone',
    ],
    ['etcd', '{"level":"fatal","msg":"failed to open WAL","error":"wal: crc mismatch"}', 'wal: crc mismatch'],
  ])('of %s: %s', (service, line, reason) => {
    expect(found(service, line)).toBe(reason);
  });

  it('are none where the disk is full, or the network refuses', () => {
    expect(
      found('patroni', 'FATAL:  could not write lock file "postmaster.pid": No space left on device'),
    ).toBeUndefined();
    expect(
      found('redis', '7:M # Fatal error loading the DB', '7:M # Write error: No space left on device'),
    ).toBeUndefined();
    expect(found('etcd', '{"level":"fatal","error":"listen tcp 10.77.0.5:2380: bind: cannot assign"}')).toBeUndefined();
  });

  it('are over once a copy is being made, or the files were loaded', () => {
    const gone = 'FATAL:  requested WAL segment 00000001 has already been removed';
    expect(found('patroni', gone, 'waits for its turn to copy')).toBeUndefined();
    expect(found('patroni', gone, '  24012/2304053 kB (1%), 0/1 tablespace')).toBeUndefined();
    expect(found('patroni', '  24012/2304053 kB (1%), 0/1 tablespace', gone)).toBeDefined();
    expect(found('redis', '7:M # Fatal error loading the DB', '7:M * Ready to accept connections tcp')).toBeUndefined();
  });

  it('are none of what is said in any life', () => {
    expect(
      found('patroni', 'INFO no action. I am (replica-a), a secondary, and following a leader (postgres-a)'),
    ).toBeUndefined();
    expect(found('patroni', 'LOG:  started streaming WAL from primary at 0/3000000 on timeline 1')).toBeUndefined();
    expect(found('redis', '7:S * MASTER <-> REPLICA sync started')).toBeUndefined();
  });
});
