import { describe, expect, it } from 'vitest';
import { timed } from './pools.ts';

describe('a statement', () => {
  it('with values has a name, the same for the same text', () => {
    const { name } = timed('SELECT $1', [1], 100);
    expect(name).toBeTypeOf('string');
    expect(timed('SELECT $1', [2], 100).name).toBe(name);
    expect(timed('SELECT $1 + 1', [2], 100).name).not.toBe(name);
  });

  it('without values has none: BEGIN, and several statements at once', () => {
    expect(timed('BEGIN', [], 100).name).toBeUndefined();
  });

  it('says whose it is where it is not prepared', () => {
    const id = '5f0c1a7e-55b4-4c0a-9d3a-0f6f2a9a7b11';
    expect(timed('COMMIT', [], 100, id)).toMatchObject({ text: `COMMIT /*request_id='${id}'*/` });
    expect(timed('SELECT $1', [1], 100, id)).toMatchObject({ text: 'SELECT $1', name: expect.any(String) });
    expect(timed('COMMIT', [], 100)).toMatchObject({ text: 'COMMIT' });
  });

  it('is prepared only while there are not too many', () => {
    for (let n = 0; n < 200; n += 1) timed(`SELECT $1 OFFSET ${n}`, [1], 100);
    expect(timed('SELECT $1 OFFSET 199', [1], 100).name).toBeUndefined();
    expect(timed('SELECT $1', [1], 100).name).toBeTypeOf('string');
  });
});
