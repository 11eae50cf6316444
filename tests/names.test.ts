import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ENGINES } from '@sbmcrm/engines';
import { FAULT_KINDS } from '@sbmcrm/local/faults';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const files = globSync('packages/*/src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));

/** Places in code where a name stands for itself: not in a sentence, an example or a path. */
function places(names: readonly string[], allowed: RegExp): string[] {
  const literal = new RegExp(`'(?:${names.join('|')})'`);
  return files
    .filter((file) => !allowed.test(file))
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          literal.test(line.replace(/Pick<[^>]*>/g, '')) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
}

/** What adding one costs is a folder or a file, and its line in the map; see the test that adds some. */
describe('names', () => {
  it('of engines stand in their folders, in the map of them and in the table of the topology', () => {
    // `api` is also a role: what application runs there is not an engine's matter.
    const names = Object.keys(ENGINES).filter((name) => name !== 'api');
    expect(places(names, /^packages\/(engines|topology)\/src\//)).toEqual([]);
  });

  it('of kinds of faults stand in their files, in the map of them and in drills', () => {
    // `pause` is also a word of runc's; every provider has two of them.
    const allowed =
      /^packages\/(local\/src\/host\/runtime\.ts|local\/src\/faults\/kinds|cloud\/src\/conformance\/faults\.ts|drills\/src\/drills|drills\/src\/shapes|load\/src)/;
    expect(places(Object.keys(FAULT_KINDS), allowed)).toEqual([]);
  });
});
