import { ToolError } from '@sbmcrm/errors';
import { allDrills } from './registry.ts';

/**
 * What may run by itself: a drill that does the same each time, and shows what is so.
 *
 * @throws ToolError BAD_SPEC with its place
 */
export async function assertScheduled(schedule: readonly { drill: string }[], specFile: string): Promise<void> {
  const known = (await allDrills()).filter(({ knownLimit, isRandom }) => knownLimit === undefined && !isRandom);
  const names = known.map(({ name }) => name);
  schedule.forEach(({ drill }, index) => {
    if (names.includes(drill)) return;
    throw new ToolError(
      'BAD_SPEC',
      `${specFile} drills.schedule[${index}].drill: no drill that runs by itself is called "${drill}" (there are: ${names.join(', ')})`,
    );
  });
}
