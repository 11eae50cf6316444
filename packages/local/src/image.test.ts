import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureReason, packageVersion, sourcesOf } from './image.ts';

describe('newer packages', () => {
  it('come from a suite of their own beside the hosts’ release', () => {
    const mirror = 'http://mirror.example/debian';
    expect(sourcesOf({ newer: {} }, mirror)).toEqual([mirror]);
    expect(sourcesOf({ newer: { patroni: 'testing' } }, mirror)).toEqual([
      `deb ${mirror} trixie main`,
      `deb [check-valid-until=no] ${mirror} testing main`,
    ]);
  });

  it('are told by what dpkg says of an image', () => {
    const root = mkdtempSync(join(tmpdir(), 'sbmcrm-image-'));
    mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
    writeFileSync(
      join(root, 'var/lib/dpkg/status'),
      'Package: patroni-doc\nVersion: 1\n\nPackage: patroni\nStatus: install ok installed\nVersion: 1:4.1.5-2\n\nPackage: zlib\nVersion: 2\n',
    );
    expect([packageVersion({ root }, 'patroni'), packageVersion({ root }, 'absent')]).toEqual(['4.1.5', undefined]);
    rmSync(root, { recursive: true });
  });
});

describe('why an image could not be built', () => {
  it.each([
    [
      'what could not be fetched, and why',
      "I: starting\nIgn:1 http://mirror.example trixie InRelease\nErr:1 http://mirror.example trixie InRelease\n  Could not resolve 'mirror.example'\nE: Failed to fetch\n",
      "http://mirror.example trixie InRelease: Could not resolve 'mirror.example'",
    ],
    ['the first error', 'I: starting\nE: Unable to locate package x\nE: apt failed\n', 'Unable to locate package x'],
    ['else the last words', 'something\nelse\n', 'else'],
  ])('is %s', (_what, log, reason) => {
    expect(failureReason(log)).toBe(reason);
  });
});
