import { z } from 'zod';
import { specSchema } from './schema.ts';

/** A JSON Schema, as far as this package reads it again. */
export interface JsonSchema {
  [keyword: string]: unknown;
  description?: string;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
}

/** JSON Schema of the spec as it is written, for editors (`sbmcrm.schema.json`). */
export function specJsonSchema(): JsonSchema {
  return z.toJSONSchema(specSchema, { io: 'input' }) as JsonSchema;
}

/** The keys that a block at `path` may have. */
export function knownKeys(schema: JsonSchema, path: readonly PropertyKey[]): string[] {
  let at: JsonSchema | undefined = schema;
  for (const step of path) at = typeof step === 'number' ? at?.items : at?.properties?.[String(step)];
  return Object.keys(at?.properties ?? {});
}
