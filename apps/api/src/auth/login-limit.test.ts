import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Caller, LoginLimit } from './login-limit.ts';

const caller = (address: string, account: string): Caller => ({ address, account });

/** How many failed logins in a row are let through. */
function failures(limit: LoginLimit, who: (n: number) => Caller): number {
  for (let n = 0; n < 1000; n += 1) {
    try {
      limit.check(who(n));
    } catch {
      return n;
    }
    limit.failed(who(n));
  }
  return Number.POSITIVE_INFINITY;
}

describe('the limit of failed logins', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // The cache takes the moment 0 for none.
    vi.advanceTimersByTime(1);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is 20 from one address for one account, in any spelling', () => {
    const limit = new LoginLimit();
    expect(failures(limit, (n) => caller('a', n % 2 === 0 ? 'me@x' : 'ME@X'))).toBe(20);
    expect(() => limit.check(caller('b', 'me@x'))).not.toThrow();
  });

  it('is 100 from one address for all accounts', () => {
    expect(failures(new LoginLimit(), (n) => caller('a', `user ${n}`))).toBe(100);
  });

  it('is 200 for one account from everywhere', () => {
    expect(failures(new LoginLimit(), (n) => caller(`address ${n}`, 'me@x'))).toBe(200);
  });

  it('says that one should come back, and ends after a quarter of an hour', () => {
    const limit = new LoginLimit();
    failures(limit, () => caller('a', 'me@x'));
    expect(() => limit.check(caller('a', 'me@x'))).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_LOGINS', status: 429 }),
    );
    vi.advanceTimersByTime(15 * 60_000 + 1);
    expect(failures(limit, () => caller('a', 'me@x'))).toBe(20);
  });

  it('begins anew for who knows the password', () => {
    const limit = new LoginLimit();
    for (let n = 0; n < 19; n += 1) limit.failed(caller('a', 'me@x'));
    limit.succeeded(caller('a', 'me@x'));
    expect(failures(limit, () => caller('a', 'me@x'))).toBe(20);
  });
});
