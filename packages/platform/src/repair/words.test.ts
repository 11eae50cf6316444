import { describe, expect, it } from 'vitest';
import { lastWords } from './words.ts';

describe('last words', () => {
  const at = (atMs: number, text: string) => ({ atMs, text });

  it('are the newest line that sounds like a reason', () => {
    const lines = [at(1, 'FATAL: first'), at(2, 'FATAL: second'), at(3, 'INFO all is well')];
    expect(lastWords(lines, 10)).toBe('FATAL: second');
  });

  it('are what a line of JSON says, without what only its makers need', () => {
    const line = {
      level: 'fatal',
      caller: 'etcd.go:204',
      msg: 'discovery failed',
      error: 'tls: no PEM data',
      stacktrace: 'x',
    };
    expect(lastWords([at(1, JSON.stringify(line))], 10)).toBe('discovery failed: tls: no PEM data');
    expect(lastWords([at(1, '{"error": cut short')], 10)).toBe('{"error": cut short');
    // In one line, and nothing that a terminal would obey.
    expect(lastWords([at(1, JSON.stringify({ error: 'no\n\u001b[2Jroom' }))], 10)).toBe('no [2Jroom');
  });

  it('are none of long ago, and not too many', () => {
    expect(lastWords([at(0, 'FATAL: long ago')], 100_000)).toBeUndefined();
    expect(lastWords([at(0, `error ${'x'.repeat(500)}`)], 0)?.length).toBeLessThan(170);
  });
});
