import { etcdClient, scalingKeys } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { operator } from '@sbmcrm/local/events';
import { type Bounds, type Capacity, capacityOf } from '@sbmcrm/spec/capacity';
import type { Platform } from '../opened.ts';
import { type Progress, waitFor } from '../progress.ts';
import { readSecrets } from '../secrets.ts';

/** How many instances are wanted, and how it stands with them. */
export interface ScalingStatus extends Bounds {
  /** Who wanted it last. */
  by: string;
  /** Instances that take requests. */
  serving: number;
  /** Processor use of those, on average, in percent; missing while nobody knows. */
  load?: number;
  /** Why there are not as many as are wanted. */
  held?: string;
}

type Scaled = Pick<Platform, 'spec' | 'topology' | 'paths' | 'cloud'>;

/** What of the controller's own knowledge others need. */
interface Known {
  held?: unknown;
  load?: { percent?: unknown };
}

/** A new instance has its time to start, and one that goes its time to end. */
const SETTLE_MS = 120_000;

/** @returns undefined where instances do not come and go by themselves; @throws Error where etcd has no quorum */
export async function readScaling(platform: Scaled): Promise<ScalingStatus | undefined> {
  if (!platform.spec.application.autoScaling.enabled) return undefined;
  const etcd = etcdClient(platform.topology, readSecrets(platform.paths));
  try {
    const keys = scalingKeys(platform.topology);
    const [wanted, known, view] = await Promise.all([
      etcd.read(keys.capacity),
      etcd.read(keys.memory),
      platform.cloud.fleet?.list(),
    ]);
    const { min, max, desired, by } = capacityFrom(platform, wanted?.value);
    // Load balancers call a dead host healthy for a while.
    const serves = view?.places.filter(({ state, backend }) => state === 'running' && backend?.state === 'healthy');
    const serving = serves?.length ?? 0;
    return { min, max, desired, by, serving, ...partOf(known?.value) };
  } finally {
    etcd.close();
  }
}

/** The host that decides; undefined: none does. @throws Error where etcd has no quorum */
export async function scalingLeader({
  topology,
  paths,
}: Pick<Scaled, 'topology' | 'paths'>): Promise<string | undefined> {
  const etcd = etcdClient(topology, readSecrets(paths));
  try {
    return (await etcd.read(scalingKeys(topology).leader))?.value;
  } finally {
    etcd.close();
  }
}

function capacityFrom({ spec }: Pick<Platform, 'spec'>, text: string | undefined): Capacity {
  const { min, max, desired } = spec.application.autoScaling;
  return capacityOf(text, { min, max, desired }, Date.now());
}

function partOf(text: string | undefined): Pick<ScalingStatus, 'held' | 'load'> {
  try {
    const { held, load } = JSON.parse(text ?? '{}') as Known;
    return {
      ...(typeof held === 'string' ? { held } : {}),
      ...(typeof load?.percent === 'number' ? { load: Math.round(load.percent) } : {}),
    };
  } catch {
    return {};
  }
}

/** What somebody asks for: what is missing stays. */
export type Asked = { [Key in keyof Bounds]?: number | undefined };

/** What is asked for, in what there is. Pure. @throws ToolError USAGE in one line */
export function askedFor(now: Bounds, asked: Asked, places: number): Bounds {
  const min = asked.min ?? now.min;
  const max = asked.max ?? now.max;
  const refuse = (message: string) => new ToolError('USAGE', message);
  if (max > places)
    throw refuse(`--max: there are ${places} places: set application.autoScaling.max: ${max}, and run \`sbmcrm up\``);
  if (min > max) throw refuse(`at least ${min} are more than at most ${max}: give --min and --max that fit together`);
  const { desired } = asked;
  if (desired !== undefined && desired > max)
    throw refuse(`${desired} are more than at most ${max}: give --max ${desired}, too`);
  if (desired !== undefined && desired < min)
    throw refuse(`${desired} are fewer than at least ${min}: give --min ${desired}, too`);
  return { min, max, desired: desired ?? Math.min(Math.max(now.desired, min), max) };
}

/**
 * Wants another number of instances from now on, until somebody, the load or a change of the spec wants another one.
 *
 * @throws ToolError in one line
 */
export async function setCapacity(platform: Scaled, asked: Asked): Promise<Capacity> {
  const { topology, spec } = platform;
  if (!spec.application.autoScaling.enabled)
    throw new ToolError(
      'NOT_OFFERED',
      'instances do not come and go on this platform: set application.autoScaling.enabled: true, and run `sbmcrm up`',
    );
  const etcd = etcdClient(topology, readSecrets(platform.paths));
  const { capacity: key } = scalingKeys(topology);
  try {
    for (;;) {
      const at = await etcd.read(key);
      const now = capacityFrom(platform, at?.value);
      const bounds = askedFor(now, asked, topology.apiSlots.length);
      const next: Capacity = { ...now, ...bounds, by: operator(), atMs: Date.now() };
      // The controller may want something else in the same moment.
      if (await etcd.write(key, JSON.stringify(next), at?.revision ?? 0)) return next;
    }
  } finally {
    etcd.close();
  }
}

/** Waits until as many serve as are wanted, and no more. @throws Error in one line where that does not come */
export async function awaitCapacity(
  platform: Scaled,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<ScalingStatus> {
  let last: ScalingStatus | undefined;
  const { desired } = (await readScaling(platform)) ?? { desired: 0 };
  await progress.step(`${desired} API servers serve`, (note) =>
    waitFor(
      async () => {
        last = await readScaling(platform);
        const { places = [] } = (await platform.cloud.fleet?.list()) ?? {};
        const there = places.filter(({ state }) => state !== 'absent').length;
        if (last === undefined || (last.serving === last.desired && there === last.desired)) return undefined;
        const held = last.held === undefined ? '' : `: ${last.held}`;
        return `${last.serving} of ${last.desired} serve, ${there} are there${held}`;
      },
      {
        timeoutMs: SETTLE_MS,
        note,
        signal,
        hint: 'see `sbmcrm events --kind scale` and `sbmcrm logs quorum-a/scaling`',
      },
    ),
  );
  if (last === undefined) throw new ToolError('NOT_HEALTHY', 'instances do not come and go any more');
  return last;
}
