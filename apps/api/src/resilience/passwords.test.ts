import { describe, expect, it } from 'vitest';
import { Passwords } from './passwords.ts';

describe('the passwords of a role', () => {
  it('are tried one after the other, and of many refusals of one it counts once', () => {
    const passwords = new Passwords(['old', 'new']);
    expect(passwords.current).toBe('old');
    for (let n = 0; n < 3; n++) passwords.refused('old');
    expect(passwords.current).toBe('new');
    passwords.refused('new');
    expect(passwords.current).toBe('old');
  });

  it('stay with the only one, whoever refuses it', () => {
    const passwords = new Passwords(['one']);
    passwords.refused('one');
    expect(passwords.current).toBe('one');
  });

  it('begin with the first of a new list', () => {
    const passwords = new Passwords(['old', 'new']);
    passwords.refused('old');
    passwords.use(['newer', 'new']);
    expect(passwords.current).toBe('newer');
  });
});
