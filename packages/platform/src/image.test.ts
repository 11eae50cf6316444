import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { imageFindings } from './image.ts';

it.each([
  ['4.0.7-3~deb13u1', ['patroni-outdated']],
  ['4.1.4-1', []],
  ['4.1.10-1', []],
  ['5.0-1', []],
])('an image with Patroni %s: %j', (version, expected) => {
  const root = mkdtempSync(join(tmpdir(), 'sbmcrm-image-'));
  mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
  writeFileSync(join(root, 'var/lib/dpkg/status'), `Package: patroni\nVersion: ${version}\n`);
  const image = { root, users: {}, seccomp: {} as never, programs: [] };
  expect(imageFindings(image).map(({ rule }) => rule)).toEqual(expected);
  rmSync(root, { recursive: true });
});

it('an image that is not built yet has no finding', () => {
  expect(imageFindings(undefined)).toEqual([]);
});
