import type { JsonSchema } from '../src/json-schema.ts';

export interface LeafKey {
  /** Such as `application.instances[].zone`. */
  path: string;
  schema: JsonSchema;
}

/** Every key of the spec that is no block, lists both as a whole and by the keys of their entries. */
export function leafKeys(schema: JsonSchema, path = ''): LeafKey[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    leafKeys(child, path === '' ? key : `${path}.${key}`),
  );
  const entries = schema.items?.properties ? leafKeys(schema.items, `${path}[]`) : [];
  return schema.properties ? below : [{ path, schema }, ...entries];
}
