import { z } from 'zod';
import { CloudError } from '../cloud.ts';
import type { FaultRequest } from './fault.ts';
import type { FaultKindDefinition, FaultOption } from './kind.ts';
import { FAULT_KINDS, faultKind } from './registry.ts';

/** Timers of Node count to 2^31 ms; a day is more than any drill needs. */
const MAX_FOR_MS = 24 * 3600 * 1000;

const kinds: [string, FaultKindDefinition][] = Object.entries(FAULT_KINDS);
/** Options of all kinds, by key. */
const OPTIONS: Record<string, FaultOption> = Object.assign({}, ...kinds.map(([, kind]) => kind.options ?? {}));

const valueSchema = (option: FaultOption) =>
  ('choices' in option ? z.enum([...option.choices]) : z.number()).optional();

/** A request as it comes over the wire. What makes sense is {@link assertSensible}'s business. */
export const faultSchema = z.strictObject({
  kind: z.enum(kinds.map(([name]) => name)),
  target: z.string().max(100),
  forMs: z.number().positive().optional(),
  ...Object.fromEntries(Object.entries(OPTIONS).map(([key, option]) => [key, valueSchema(option)])),
});

/** Checks what a fault is asked to be, apart from its target: pure. @throws CloudError 400 BAD_FAULT */
export function assertSensible(request: FaultRequest): void {
  const refuse = (message: string) => new CloudError(400, 'BAD_FAULT', message);
  const { kind, forMs } = request;
  if (forMs !== undefined && !(forMs > 0 && forMs <= MAX_FOR_MS)) {
    throw refuse(`--for must lie between 1 ms and ${MAX_FOR_MS / 3600_000} h`);
  }
  const { options = {}, check } = faultKind(kind);
  for (const [key, option] of Object.entries(OPTIONS)) {
    if (request[key] === undefined || options[key] === option) continue;
    const owners = kinds.filter(([, each]) => each.options?.[key] === option).map(([name]) => name);
    throw refuse(`--${option.flag} goes with ${owners.join(' and ')}, not with ${kind}`);
  }
  for (const [key, option] of Object.entries(options)) {
    const value = request[key];
    if (value === undefined || 'choices' in option) continue;
    if (!(Number(value) >= option.min && Number(value) <= option.max)) {
      throw refuse(`--${option.flag} must lie between ${bound(option, option.min)} and ${bound(option, option.max)}`);
    }
  }
  const problem = check?.(request);
  if (problem !== undefined) throw refuse(problem);
}

function bound({ unit }: { unit: 'percent' | 'duration' }, value: number): string {
  if (unit === 'percent') return `${value}%`;
  return value >= 1000 ? `${value / 1000} s` : `${value} ms`;
}
