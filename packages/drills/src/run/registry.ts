import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ToolError } from '@sbmcrm/errors';
import type { Drill } from './drill.ts';

const FOLDER = join(import.meta.dirname, '../drills');

/** Every drill, by name: each file of the folder is one. */
export async function allDrills(): Promise<Drill[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  return Promise.all(
    files.sort().map(async (file) => {
      const { default: drill } = (await import(pathToFileURL(join(FOLDER, file)).href)) as { default: Drill };
      if (`${drill.name}.ts` !== file) throw new Error(`${join(FOLDER, file)}: the drill is called "${drill.name}"`);
      return drill;
    }),
  );
}

/**
 * The drills of a command line; `all` stands for every one that has no known limit and does the same each time.
 *
 * @throws ToolError USAGE that lists the names there are
 */
export function chooseDrills(drills: readonly Drill[], names: readonly string[]): Drill[] {
  return names.flatMap((name) => {
    if (name === 'all') return drills.filter((each) => each.knownLimit === undefined && !each.isRandom);
    const drill = drills.find((each) => each.name === name);
    if (drill) return [drill];
    const known = drills.map((each) => each.name).join(', ');
    throw new ToolError('USAGE', `no drill is called "${name}" (there are: all, ${known})`);
  });
}
