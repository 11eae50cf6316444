import type { FaultRequest } from '@sbmcrm/cloud';
import type { LiveFigures } from '@sbmcrm/load';
import type { FaultKind } from '@sbmcrm/local/faults';
import type { Platform, PlatformStatus } from '@sbmcrm/platform';
import type { Spec } from '@sbmcrm/spec';
import type { Expected, Known } from '../alerts/expected.ts';

/**
 * A failover test: steady load, one fault, and what must hold. One file in `../drills` each, found by its place: adding one
 * needs no other change.
 */
export interface Drill {
  name: string;
  /** What happens, in one line. */
  title: string;
  /** The longest time without an acknowledged write that is accepted, in milliseconds. */
  goalMs(spec: Spec): number;
  /**
   * Keys of the spec that this drill needs changed, e.g. because the guide's values would take minutes; a function where a value
   * depends on the platform, such as an address.
   */
  set?: Settings | ((platform: Platform) => Settings);
  /** Why it makes no sense on this platform, in one line. */
  skip?(platform: Platform): string | undefined;
  /** What those responsible are to hear of it, where something watches the platform; whatever else they would hear fails the drill. */
  alerts(test: Known): Expected;
  /** From the fault to the last step before healing. */
  run(test: DrillTest): Promise<void>;
  /** Steps once the platform has healed. */
  healed?(test: DrillTest): Promise<void>;
  /**
   * What does not hold yet, or is not known to, in one line: such a drill stands outside `run all` and is run by its name until the
   * platform is better.
   */
  knownLimit?: string;
  /** What it does depends on the seed: it stands outside `run all`, see `drill soak`. */
  isRandom?: true;
  /** What a reader might believe that it shows, and it does not. */
  notTested?: string[];
}

/** Keys of the spec and their values, as text: `{ 'database.replicationMode': 'sync' }`. */
export type Settings = Record<string, string>;

/** What a drill needs changed on this platform. Pure. */
export function settingsOf({ set = {} }: Pick<Drill, 'set'>, platform: Platform): Settings {
  return typeof set === 'function' ? set(platform) : set;
}

/** What a probe saw: `ok` ends the wait. */
export interface Seen {
  ok: boolean;
  observed: string;
}

/** What a drill works with. */
export interface DrillTest {
  readonly platform: Platform;
  /** The platform as it was before the fault. */
  readonly before: PlatformStatus;
  /** The run's: the same again does the same. */
  readonly seed: number;
  /** How the load stands. */
  readonly figures: LiveFigures;
  /** Does something, as a step of the test. What `work` returns is what was observed. */
  step(name: string, expected: string, work: () => Promise<string>): Promise<void>;
  /** Waits until a probe says ok; a step that fails ends the drill. */
  until(name: string, expected: string, timeoutMs: number, probe: () => Promise<Seen>): Promise<void>;
  /** Injects faults at once. They are cleared at the end, or by themselves if the drill is killed. */
  inject(...faults: FaultRequest<FaultKind>[]): Promise<void>;
  /** Takes the faults back before the end. */
  clear(): Promise<void>;
  /** For what breaks something without being a fault of the local cloud, such as a switchover: marks it on the report. */
  mark(label: string): void;
  /** A database host other than the primary so far that took a write after the fault, and how long after it. */
  newPrimary(): { host: string; afterMs: number } | undefined;
  /** A look of its own, at most two a second. */
  status(): Promise<PlatformStatus>;
  /** Lets time pass under load. */
  pause(milliseconds: number): Promise<void>;
  /** The time since the fault in words. */
  sinceFault(): string;
}

/** The failover goal of the spec. */
export function failoverGoal(spec: Spec): number {
  return spec.database.automaticFailover.within;
}

/** For what must not interrupt writes at all, the spec's bound of any request. */
export function requestGoal(spec: Spec): number {
  return spec.application.hold.deadline;
}

/** Seconds with one digit. */
export function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
