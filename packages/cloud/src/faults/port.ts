import type { Fault, FaultRequest } from './fault.ts';
import type { FaultKinds } from './kind.ts';

/** What a provider can break, and take back. */
export interface Faults {
  /** What it can break. */
  readonly kinds: FaultKinds;
  /**
   * Injects faults in one stroke: all of them, or none.
   *
   * @throws CloudError 501 NO_NETEM for a latency on a machine whose kernel cannot delay frames
   */
  injectFaults(faults: readonly FaultRequest[]): Promise<Fault[]>;
  clearFault(id: string): Promise<void>;
  listFaults(): Promise<Fault[]>;
}
