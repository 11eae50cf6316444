/** How many instances there are to be. */
export interface Bounds {
  min: number;
  max: number;
  desired: number;
}

/** What is wanted now, as it is kept in etcd: the controller and `sbmcrm scale` both change it. */
export interface Capacity extends Bounds {
  /** What the spec said when it was taken over last: a spec that says something else counts again. */
  spec: Bounds;
  /** Who wanted it last, and when, in milliseconds since the epoch. */
  by: string;
  atMs: number;
}

/** Who wants more or fewer when the load says so. */
export const BY_LOAD = 'the load';

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;
const areBounds = (value: Partial<Bounds> | null | undefined): value is Bounds =>
  isCount(value?.min) && isCount(value.max) && isCount(value.desired);
const areEqual = (x: Bounds, y: Bounds) => x.min === y.min && x.max === y.max && x.desired === y.desired;

/** What is wanted when the spec says it for the first time, or again. Pure. */
export function fromSpec(spec: Bounds, atMs: number): Capacity {
  const { min, max, desired } = spec;
  return { min, max, desired, spec: { min, max, desired }, by: 'the spec', atMs };
}

/**
 * What is kept, as far as it is of use: pure.
 *
 * @param text what was read; undefined: nothing is kept yet
 * @param places how many there are: never more instances than that
 */
export function capacityOf(text: string | undefined, spec: Bounds, places: number, nowMs: number): Capacity {
  const kept = parse(text);
  if (kept === undefined || !areEqual(kept.spec, spec)) return fromSpec(spec, nowMs);
  return { ...kept, ...bounded(kept, places) };
}

/** The same within what makes sense: at least one, `min` at most `max`, `desired` between them. Pure. */
export function bounded({ min, max, desired }: Bounds, places: number): Bounds {
  const most = Math.max(1, Math.min(max, places));
  const least = Math.min(min, most);
  return { min: least, max: most, desired: Math.min(Math.max(desired, least), most) };
}

function parse(text: string | undefined): Capacity | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Capacity> | null;
    const { spec, by = 'somebody', atMs = 0 } = value ?? {};
    if (!areBounds(value) || !areBounds(spec)) return undefined;
    const { min, max, desired } = value;
    return { min, max, desired, spec, by, atMs };
  } catch {
    return undefined;
  }
}
