import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Guard } from './guard.ts';

let folder = '';
let clockMs = 100_000;
let kills = 0;
const open: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-guard-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  clockMs = 100_000;
  kills = 0;
});
afterEach(() => {
  for (const close of open.splice(0)) close();
  rmSync(folder, { recursive: true });
});

function startGuard(): Guard {
  const guard = new Guard({
    pipe: join(folder, 'pipe'),
    note: join(folder, 'note'),
    timeoutMs: 15_000,
    kill: () => {
      kills += 1;
    },
    log: () => {},
    now: () => clockMs,
  });
  open.push(() => guard.close());
  return guard;
}

/** As an agent: it opens the device when it begins to lead, and keeps it. */
function startAgent(): (text: string) => void {
  const fd = openSync(join(folder, 'pipe'), 'w');
  open.push(() => closeSync(fd));
  return (text) => void writeSync(fd, text);
}

/** Looks every half second, as the guard's own loop does. */
function pass(guard: Guard, milliseconds: number, each: () => void = () => {}): void {
  for (const endMs = clockMs + milliseconds; clockMs < endMs; ) {
    clockMs += 500;
    each();
    guard.look();
  }
}

describe('Guard', () => {
  it('lets a server be whose agent renews its lease, and one that does not lead', () => {
    const guard = startGuard();
    pass(guard, 60_000);
    const say = startAgent();
    say('Ctimeout=15\n');
    pass(guard, 60_000, () => say('1'));
    say('V');
    pass(guard, 60_000);
    expect(kills).toBe(0);
  });

  it('kills once when the renewals end, before the lease does', () => {
    const guard = startGuard();
    const say = startAgent();
    say('Ctimeout=15\n');
    pass(guard, 10_000, () => say('1'));
    pass(guard, 14_000);
    expect(kills).toBe(0);
    pass(guard, 2000);
    expect(kills).toBe(1);
    pass(guard, 60_000);
    expect(kills).toBe(1);
    // The agent that its supervisor started anew leads again.
    startAgent()('Ctimeout=15\n1');
    pass(guard, 20_000);
    expect(kills).toBe(2);
  });

  it('takes a renewal that it finds after its host was frozen for one of before', () => {
    const guard = startGuard();
    const say = startAgent();
    say('Ctimeout=15\n1');
    pass(guard, 1000);
    say('1');
    clockMs += 40_000;
    guard.look();
    expect(kills).toBe(1);
  });

  it('goes on after it was killed itself: what it noted outlives it, and so does what it was told meanwhile', () => {
    const first = startGuard();
    const say = startAgent();
    say('Ctimeout=12\n1');
    pass(first, 1000);
    expect(readFileSync(join(folder, 'note'), 'latin1')).toMatch(/^12000 \d+\n$/);
    say('1');
    clockMs += 3000;
    const second = startGuard();
    expect(second.isArmed).toBe(true);
    pass(second, 7000);
    expect(kills).toBe(0);
    pass(second, 2000);
    expect(kills).toBe(1);
    expect(startGuard().isArmed).toBe(false);
  });
});
