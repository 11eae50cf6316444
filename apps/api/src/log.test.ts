import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { describeError } from './log.ts';
import { DatabaseFailure } from './resilience/primary/classify.ts';

describe('describeError', () => {
  it("leaves out the database's messages: they quote values", () => {
    const error = new pg.DatabaseError('invalid input: "ann@example.com"\nsecond line', 0, 'error');
    error.code = '22P02';
    error.detail = 'Key (email)=(ann@example.com) exists';
    for (const each of [error, new DatabaseFailure(error, 'statement')]) {
      const text = JSON.stringify(describeError(each));
      expect(text).toContain('22P02');
      expect(text).toContain('log.test.ts');
      expect(text).not.toContain('ann@');
    }
  });

  it('tells all of errors of ours', () => {
    expect(describeError(new TypeError('x is undefined'))).toMatchObject({
      type: 'TypeError',
      message: 'x is undefined',
    });
    expect(describeError('text')).toEqual({ type: 'string' });
  });
});
