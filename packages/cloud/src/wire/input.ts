import { CloudError } from '../error.ts';
import type { FaultKinds } from '../faults/kind.ts';
import type { PlaceDefinition } from '../fleet.ts';
import type { HostDefinition } from '../hosts.ts';
import { faultSchema, hostDefinitionSchema, nameSchema, placeSchema } from './schema.ts';

/** What came with a request, not looked at yet. */
export interface CallInput {
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
}

export const name = ({ params }: CallInput) => nameSchema.parse(params.name);
export function definition(input: CallInput): HostDefinition {
  const given = hostDefinitionSchema.parse(input.body) as HostDefinition;
  if (given.name !== name(input)) throw new CloudError('VALIDATION', 'the name in path and body differ');
  return given;
}
export function place(input: CallInput): PlaceDefinition {
  const given = placeSchema.parse(input.body) as PlaceDefinition;
  if (given.host.name !== name(input)) throw new CloudError('VALIDATION', 'the name in path and body differ');
  return given;
}
export const service = ({ params }: CallInput) => nameSchema.parse(params.service);

/** Schemas are made once for a list of kinds. */
const schemas = new WeakMap<FaultKinds, ReturnType<typeof faultSchema>>();
export function schemaOf(kinds: FaultKinds): ReturnType<typeof faultSchema> {
  const schema = schemas.get(kinds) ?? faultSchema(kinds);
  schemas.set(kinds, schema);
  return schema;
}
