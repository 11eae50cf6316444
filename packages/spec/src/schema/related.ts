import type { z } from 'zod';

/** Something that cannot be, seen only by looking at several keys together. */
export interface Contradiction {
  /** Path below the block. */
  at: PropertyKey[];
  message: string;
}

/**
 * Adds a rule about several keys of a block. It runs as soon as the keys it needs are right, even when others are
 * wrong, so that one run finds every problem.
 *
 * @param needs dotted paths below the block of the keys that the rule reads
 */
export function related<Schema extends z.ZodType>(
  schema: Schema,
  needs: readonly string[],
  find: (value: z.output<Schema>) => Contradiction[],
): Schema {
  const paths = needs.map((need) => need.split('.'));
  return schema.superRefine(
    (value, context) => {
      for (const { at, message } of find(value)) context.addIssue({ code: 'custom', path: at, message });
    },
    { when: ({ issues }) => !issues.some((issue) => spoils(issue, paths)) },
  );
}

/** Whether an issue is at the block itself, at one of the needed keys, above or below it. */
function spoils(issue: z.core.$ZodRawIssue, needs: readonly string[][]): boolean {
  if (issue.code === 'unrecognized_keys') return false;
  const path = issue.path ?? [];
  if (path.length === 0) return true;
  return needs.some((need) => need.every((key, depth) => depth >= path.length || path[depth] === key));
}
