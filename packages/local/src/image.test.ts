import { describe, expect, it } from 'vitest';
import { failureReason } from './image.ts';

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
