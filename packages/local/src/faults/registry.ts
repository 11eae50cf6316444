import { kindOf } from '@sbmcrm/cloud';
import type { FaultKindDefinition } from './kind.ts';
import { cut } from './kinds/cut.ts';
import { fill } from './kinds/fill.ts';
import { isolate } from './kinds/isolate.ts';
import { kill } from './kinds/kill.ts';
import { pause } from './kinds/pause.ts';
import { slow } from './kinds/slow.ts';
import { stop } from './kinds/stop.ts';

/** Every kind of fault, in the order in which it is shown. Adding one takes a file in `kinds` and a line here. */
export const FAULT_KINDS = { stop, pause, kill, isolate, cut, slow, fill } satisfies Record<
  string,
  FaultKindDefinition
>;

export type FaultKind = keyof typeof FAULT_KINDS;

/** @throws Error for a name that no kind has */
export function faultKind(name: string): FaultKindDefinition {
  return kindOf<FaultKindDefinition>(FAULT_KINDS, name);
}
