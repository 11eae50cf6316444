import { z } from 'zod';
import { ApiError } from '../errors.ts';

/** An id, in lower case as the database gives it. */
export const id = z.uuid('is not a UUID').transform((uuid) => uuid.toLowerCase());

/**
 * Checks input against a schema.
 *
 * @throws {ApiError} VALIDATION with every problem's path
 */
export function validate<T extends z.ZodType>(schema: T, input: unknown): z.infer<T> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  throw new ApiError(
    'VALIDATION',
    result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  );
}

/**
 * The id in a route's path.
 *
 * @throws {ApiError} VALIDATION
 */
export function routeId(params: unknown): string {
  const result = id.safeParse((params as { id?: unknown }).id);
  if (result.success) return result.data;
  throw new ApiError('VALIDATION', [{ path: 'id', message: 'is not a UUID' }]);
}

/** PostgreSQL's text cannot hold the character U+0000. */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this character is what it looks for
    .regex(/^[^\u0000]*$/, 'holds the character U+0000');
