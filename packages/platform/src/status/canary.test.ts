import { describe, expect, it } from 'vitest';
import { type CanaryAnswer, type CanaryCall, canaryReason, checkCanary } from './canary.ts';

const URL = 'http://x';

/** Plays answers in turn, and notes what was asked. */
function play(kept: string | undefined, answers: CanaryAnswer[]) {
  const calls: CanaryCall[] = [];
  let token = kept;
  const session = {
    read: () => token,
    keep: (next: string) => {
      token = next;
    },
  };
  const exchange = async (call: CanaryCall) => {
    calls.push(call);
    const answer = answers[calls.length - 1];
    if (answer === undefined) throw new Error(`nothing to answer to ${call.step}`);
    return answer;
  };
  return { calls, result: checkCanary(URL, exchange, session), token: () => token };
}

const login: CanaryAnswer = { status: 200, token: 'new' };
const write: CanaryAnswer = { status: 200, count: 7, readAfter: '1:0/5' };
const read: CanaryAnswer = { status: 200, count: 7 };

describe('a canary', () => {
  it('writes, and reads what it wrote, with the kept session', async () => {
    const { calls, result } = play('kept', [write, read]);
    expect(await result).toEqual({ ok: true });
    expect(calls).toEqual([
      { step: 'write', token: 'kept' },
      { step: 'read', token: 'kept', readAfter: '1:0/5' },
    ]);
  });

  it.each<[string, string | undefined, CanaryAnswer[], CanaryCall['step'][]]>([
    ['without a session', undefined, [login, write, read], ['login', 'write', 'read']],
    ['with one that has ended', 'old', [{ status: 401 }, login, write, read], ['write', 'login', 'write', 'read']],
  ])('logs in once %s, and keeps the new one', async (_what, kept, answers, steps) => {
    const { calls, result, token } = play(kept, answers);
    expect(await result).toEqual({ ok: true });
    expect(calls.map((call) => call.step)).toEqual(steps);
    expect(token()).toBe('new');
  });

  it('is content when others have counted on meanwhile', async () => {
    expect(await play('kept', [write, { status: 200, count: 9 }]).result).toEqual({ ok: true });
  });

  it.each<[string, CanaryAnswer[], string]>([
    [
      'a full disk',
      [{ status: 503, code: 'DATABASE_FULL' }],
      'a write through http://x was answered 503 DATABASE_FULL (disk full)',
    ],
    ['a write that waits', ['silent'], 'a write through http://x was not acknowledged within 2.5 s'],
    ['an entry that is not there', ['broken'], 'a write through http://x got no answer: the connection broke'],
    ['an answer that is not the API’s', [{ status: 503 }], 'a write through http://x was answered 503'],
    ['a write without a count', [{ status: 200 }], 'a write through http://x was answered 200'],
    [
      'a read that waits',
      [write, 'silent'],
      'the own read after a write through http://x was not answered within 2.5 s',
    ],
    [
      'a read that fails',
      [write, { status: 500, code: 'INTERNAL' }],
      'the own read after a write through http://x was answered 500 INTERNAL',
    ],
    [
      'a stale read',
      [write, { status: 200, count: 6 }],
      'an own read through http://x did not show the write before it',
    ],
    ['an empty read', [write, { status: 200 }], 'an own read through http://x did not show the write before it'],
    [
      'a login that is refused',
      [{ status: 401 }, { status: 401, code: 'INVALID_CREDENTIALS' }],
      "a login through http://x was answered 401 INVALID_CREDENTIALS (the administrator has another password in the CRM than the platform's secrets say: set it back there)",
    ],
    ['a login that waits', [{ status: 401 }, 'silent'], 'a login through http://x was not answered within 2.5 s'],
    [
      'a session that is never good',
      [{ status: 401 }, login, { status: 401, code: 'UNAUTHENTICATED' }],
      'a write through http://x was answered 401 UNAUTHENTICATED',
    ],
  ])('tells of %s', async (_what, answers, reason) => {
    expect(await play('kept', answers).result).toEqual({ ok: false, reason });
  });

  it('tells what an older API needs', () => {
    expect(canaryReason(URL, 'write', { status: 404, code: 'NOT_FOUND' })).toMatch(/older version: `sbmcrm down`/);
  });
});
