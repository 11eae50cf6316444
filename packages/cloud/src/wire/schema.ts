import { z } from 'zod';
import type { FaultKinds, FaultOption } from '../faults/kind.ts';
import { allOptions } from '../faults/request.ts';
import { STOP_TIMEOUT_MS } from '../hosts.ts';

/** Names become folder and container names. */
const name = z.string().regex(/^[a-z][a-z0-9-]{0,47}$/, 'a name is lower-case letters, digits and dashes, at most 48');
const address = z.ipv4();
/** Below the host's configuration folder, without a way out of it. */
const relativePath = z
  .string()
  .regex(/^(?!\.)[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/, 'not a plain relative path');

const file = z.strictObject({
  path: relativePath,
  content: z.string().max(1024 * 1024),
  owner: name,
  mode: z.int().min(0).max(0o777),
});

const service = z.strictObject({
  name,
  run: z.string().max(64 * 1024),
  finish: z
    .string()
    .max(64 * 1024)
    .optional(),
  reload: z.enum(['HUP', 'USR2']).optional(),
  live: z.strictObject({ files: z.array(relativePath).min(1).max(200), script: z.string().max(64 * 1024) }).optional(),
  files: z.array(file).max(200),
  child: z
    .strictObject({
      name,
      pidFile: z.string().regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, 'not a plain path below /data'),
      command: z.string().min(1).max(15), // as much as the kernel keeps
    })
    .optional(),
});

export const taskSchema = z.strictObject({ due: z.iso.datetime() });

export const hostDefinitionSchema = z.strictObject({
  name,
  region: z.string().min(1).max(32),
  zone: z.string().min(1).max(32),
  address,
  managementAddress: address,
  services: z.array(service).max(20),
  hosts: z.string().max(64 * 1024),
  networkAdmin: z.boolean(),
  code: z.boolean(),
  size: z.strictObject({
    cpus: z.number().positive().max(64),
    memory: z.int().min(16 * 1024 ** 2),
    disk: z
      .int()
      .min(64 * 1024 ** 2)
      .max(64 * 1024 ** 4),
    urgent: z.boolean().optional(),
    limited: z.boolean().optional(),
  }),
});

export const placeSchema = z.strictObject({ host: hostDefinitionSchema, port: z.int().min(1).max(65535) });
/** Why something is done, for the log of events. */
export const whySchema = z.strictObject({ why: z.string().min(1).max(300) });
export const stopSchema = z.strictObject({ timeoutMs: z.int().min(0).max(120_000).default(STOP_TIMEOUT_MS) });
const fenceToken = z.string().min(1).max(128);
export const startSchema = z.strictObject({ fence: fenceToken.optional() });
export const fenceSchema = z.strictObject({ token: fenceToken });
export const backendSchema = z.strictObject({ address, port: z.int().min(1).max(65535) });
export const nameSchema = name;
export const faultIdSchema = z.string().max(32);
/** Below `/data`; that it stays there is for the provider to see. */
export const diskPathSchema = z.string().min(1).max(200);

const valueSchema = (option: FaultOption) =>
  ('choices' in option ? z.enum([...option.choices]) : z.number()).optional();

/** A fault as it is asked for. What makes sense is for `assertSensible` to say. */
export function faultSchema(kinds: FaultKinds) {
  return z.strictObject({
    kind: z.enum(Object.keys(kinds)),
    target: z.string().max(100),
    forMs: z.number().optional(),
    ...Object.fromEntries(Object.entries(allOptions(kinds)).map(([key, option]) => [key, valueSchema(option)])),
  });
}
