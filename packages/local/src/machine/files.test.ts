import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundLog, createJson, readJson, rotate } from './files.ts';

let folder = '';
let log = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-log-'));
  log = join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a log that is open begins anew past its bound, and the one before is kept', () => {
  const fd = openSync(log, 'a');
  writeSync(fd, 'first\n');
  boundLog(log, 100);
  expect(existsSync(`${log}.1`)).toBe(false);
  writeSync(fd, 'x'.repeat(100));
  boundLog(log, 100);
  writeSync(fd, 'second\n');
  closeSync(fd);
  expect(readFileSync(log, 'utf8')).toBe('second\n');
  expect(readFileSync(`${log}.1`, 'utf8')).toContain('first');
});

it('a log that is closed is moved aside past its bound', () => {
  rotate(log, 5); // there is none yet
  appendFileSync(log, 'first\n');
  rotate(log, 5);
  expect(existsSync(log)).toBe(false);
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('first\n');
});

it('of several that make the same file one does, and nothing else is left', () => {
  expect(createJson(log, { by: 'first' })).toBe(true);
  expect(createJson(log, { by: 'second' })).toBe(false);
  expect(readJson(log)).toEqual({ by: 'first' });
  expect(readdirSync(folder)).toEqual(['log']);
});
