import type { FaultRequest } from './fault.ts';

/** `HOST`, `HOST/SERVICE`, `zone-ZONE` or `region-REGION` (every host of it), or `ZONE-ZONE` and `REGION-REGION` (between the two). */
export type TargetForm = 'host' | 'service' | 'place' | 'between';

/** A failure domain: every host is in one zone of one region. */
export type PlaceKind = 'zone' | 'region';

/** What a fault is about, as its target says. */
export type FaultTarget =
  | { of: 'host'; host: string; service?: string }
  | { of: PlaceKind; name: string }
  /** Two zones, or two regions. */
  | { of: 'between'; places: readonly [string, string] };

/** An option of a kind, in requests under its key: a number, or one of some words. */
export type FaultOption = {
  /** On the command line: `--flag`. */
  flag: string;
  about: string;
} & (
  | {
      /** Percent, or milliseconds. */
      unit: 'percent' | 'duration';
      example: string;
      min: number;
      max: number;
    }
  | { choices: readonly string[] }
);

/** What callers know of a kind of fault: the wire schema, the command line, its help, its manual and drills are made from it. */
export interface FaultKindInfo {
  takes: readonly TargetForm[];
  /** What it does, in one line. */
  about: string;
  options?: Readonly<Record<string, FaultOption>>;
  /** Why a request makes no sense, apart from its target and from single options; pure. */
  check?(request: FaultRequest): string | undefined;
  /** Without `forMs` it is over as soon as it is done, and this is said of it. */
  moment?: string;
}

/** Kinds by name, in the order in which they are shown. */
export type FaultKinds = Readonly<Record<string, FaultKindInfo>>;

/** @throws Error for a name that no kind has: whoever takes one from outside looks at the list first */
export function kindOf<Info extends FaultKindInfo>(kinds: Readonly<Record<string, Info>>, name: string): Info {
  const kind = kinds[name];
  if (!kind) throw new Error(`there is no fault "${name}"`);
  return kind;
}
