import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { aFile, aRun } from './fixture.ts';
import { readReport } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-read-'));
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true }));

describe('a stored report', () => {
  it('is read by its file, or by its folder', () => {
    const file = aFile([aRun()]);
    const path = write('report.json', JSON.stringify(file));
    expect(readReport(path)).toEqual({ path, file });
    expect(readReport(folder)).toEqual({ path, file });
  });

  it.each([
    ['missing.json', undefined, /missing\.json cannot be read \(ENOENT\)/],
    ['page.json', '<html>', /page\.json is not JSON/],
    ['list.json', '[]', /list\.json is no report of drills/],
    ['null.json', 'null', /null\.json is no report of drills/],
    ['old.json', '{"version":1,"plan":[],"runs":[]}', /old\.json has version 1, and this one reads 2/],
  ])('that is none is refused in one line: %s', (name, text, message) => {
    const path = text === undefined ? join(folder, name) : write(name, text);
    expect(() => readReport(path)).toThrow(expect.objectContaining({ code: 'BAD_REPORT' }));
    expect(() => readReport(path)).toThrow(message);
  });
});
