import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** Which room may import which: one direction only. */
const MAY_IMPORT: Record<string, string[]> = {
  'packages/errors': [],
  'packages/http': [],
  'packages/cloud': ['packages/errors', 'packages/http'],
  'packages/spec': ['packages/errors'],
  'packages/topology': ['packages/errors', 'packages/spec'],
  'packages/engines': ['packages/errors', 'packages/http', 'packages/cloud', 'packages/spec', 'packages/topology'],
  'packages/local': ['packages/errors', 'packages/cloud', 'packages/topology'],
  'packages/daemon': ['packages/engines', 'packages/local', 'packages/topology'],
  'packages/platform': [
    'packages/errors',
    'packages/http',
    'packages/cloud',
    'packages/spec',
    'packages/topology',
    'packages/engines',
    'packages/local',
    'packages/daemon',
  ],
  'packages/controllers': ['packages/cloud', 'packages/http', 'packages/spec'],
  'packages/load': [],
  'packages/report': ['packages/errors', 'packages/load'],
  'packages/drills': [
    'packages/errors',
    'packages/http',
    'packages/cloud',
    'packages/spec',
    'packages/topology',
    'packages/engines',
    'packages/local',
    'packages/platform',
    'packages/load',
    'packages/report',
  ],
  'packages/cli': [
    'packages/errors',
    'packages/cloud',
    'packages/spec',
    'packages/topology',
    'packages/engines',
    'packages/local',
    'packages/platform',
    'packages/load',
    'packages/report',
    'packages/drills',
  ],
  'apps/api': [],
};

/** Packages of which a room reads a file, and imports nothing. */
const READ_AS_FILES: Record<string, string[]> = { 'packages/report': ['uplot'] };

const files = globSync('{packages,apps}/*/src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
const room = (file: string) => file.split('/').slice(0, 2).join('/');

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

/**
 * The file behind `@sbmcrm/ROOM` (its index) or `@sbmcrm/ROOM/ENTRY`, as the room's package.json declares them. Entries
 * beside the index are for commands that must answer at once: the index loads all of its room.
 */
function entry(name: string): string {
  const [, folder = '', ...rest] = name.split('/');
  const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', folder, 'package.json'), 'utf8')) as {
    exports?: Record<string, string>;
  };
  const target = manifest.exports?.[['.', ...rest].join('/')];
  return target ? join('packages', folder, target) : name;
}

/** Files that a file imports, within the project. */
function targets(file: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.') || name.startsWith('@sbmcrm/'))
    .map((name) => (name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), name)) : entry(name)));
}

describe('imports', () => {
  it('finds the rooms it rules over', () => {
    expect(new Set(files.map(room))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });

  it('go one way between rooms', () => {
    const wrong = files.flatMap((file) =>
      targets(file)
        .filter((target) => room(target) !== room(file) && !MAY_IMPORT[room(file)]?.includes(room(target)))
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('enter another room through its index, or an entry that it declares', () => {
    const declared = (name: string) => entry(name).endsWith('.ts');
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((name) =>
          name.startsWith('.')
            ? room(relative(ROOT, resolve(ROOT, dirname(file), name))) !== room(file)
            : name.startsWith('@sbmcrm/') && !declared(name),
        )
        .map((name) => `${file} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('do not lead out of what another application could take as it is', () => {
    const shelf = 'apps/api/src/resilience/';
    const wrong = files
      .filter((file) => file.startsWith(shelf))
      .flatMap((file) =>
        targets(file)
          .filter((target) => !target.startsWith(shelf))
          .map((target) => `${file} → ${target}`),
      );
    expect(files.some((file) => file.startsWith(shelf))).toBe(true);
    expect(wrong).toEqual([]);
  });

  it('have no cycle', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]) => {
      const at = path.indexOf(file);
      if (at >= 0) cycles.push([...path.slice(at), file].join(' → '));
      if (at >= 0 || done.has(file)) return;
      for (const target of targets(file)) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('are what each room’s package.json lists', () => {
    for (const name of Object.keys(MAY_IMPORT)) {
      const { dependencies = {} } = JSON.parse(readFileSync(join(ROOT, name, 'package.json'), 'utf8')) as {
        dependencies?: object;
      };
      const used = files
        .filter((file) => room(file) === name)
        .flatMap(importsOf)
        .filter((target) => !target.startsWith('.') && !target.startsWith('node:'))
        .map((target) => target.split('/', target.startsWith('@') ? 2 : 1).join('/'));
      expect({ name, uses: [...new Set([...used, ...(READ_AS_FILES[name] ?? [])])].sort() }).toEqual({
        name,
        uses: Object.keys(dependencies).sort(),
      });
    }
  });
});

describe('rooms', () => {
  const MOST_LINES = 300;
  const MOST_FILES = 15;
  /** Many of one kind, one file each, that nobody reads together. */
  const LISTS = ['packages/drills/src/drills', 'packages/cli/src/commands', 'packages/cli/src/handlers'];

  it('have files of a few screens', () => {
    const long = files
      .map((file) => [file, readFileSync(join(ROOT, file), 'utf8').trimEnd().split('\n').length] as const)
      .filter(([, lines]) => lines > MOST_LINES);
    expect(long).toEqual([]);
  });

  it('have folders that one overlooks', () => {
    const folders = new Map<string, number>();
    for (const file of files) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
    const full = [...folders].filter(([folder, count]) => count > MOST_FILES && !LISTS.includes(folder));
    expect(full).toEqual([]);
  });
});
