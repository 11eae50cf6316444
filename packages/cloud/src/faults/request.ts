import { CloudError } from '../error.ts';
import type { FaultRequest } from './fault.ts';
import { type FaultKinds, type FaultOption, kindOf } from './kind.ts';

/** Timers of Node count to 2^31 ms; a day is more than any drill needs. */
const MAX_FOR_MS = 24 * 3600 * 1000;

/** Options of all kinds, by key. */
export function allOptions(kinds: FaultKinds): Record<string, FaultOption> {
  return Object.assign({}, ...Object.values(kinds).map((kind) => kind.options ?? {}));
}

/** Checks what a fault is asked to be, apart from its target: pure. @throws CloudError 400 BAD_FAULT */
export function assertSensible(kinds: FaultKinds, request: FaultRequest): void {
  const refuse = (message: string) => new CloudError('BAD_FAULT', message);
  const { kind, forMs } = request;
  if (forMs !== undefined && !(forMs > 0 && forMs <= MAX_FOR_MS)) {
    throw refuse(`--for must lie between 1 ms and ${MAX_FOR_MS / 3600_000} h`);
  }
  const { options = {}, check } = kindOf(kinds, kind);
  for (const [key, option] of Object.entries(allOptions(kinds))) {
    if (request[key] === undefined || options[key] === option) continue;
    const owners = Object.entries(kinds)
      .filter(([, each]) => each.options?.[key] === option)
      .map(([name]) => name);
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
