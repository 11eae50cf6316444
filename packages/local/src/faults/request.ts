import { CloudError, type FaultRequest } from '../cloud.ts';

/** Timers of Node count to 2^31 ms; a day is more than any drill needs. */
const MAX_FOR_MS = 24 * 3600 * 1000;
/** Beyond that nothing on a host waits for an answer any more. */
const MAX_LATENCY_MS = 60_000;

/** Checks what a fault is asked to be, apart from its target: pure. @throws CloudError 400 BAD_FAULT */
export function assertSensible({ kind, direction, lossPercent, latencyMs, forMs }: FaultRequest): void {
  const refuse = (message: string) => new CloudError(400, 'BAD_FAULT', message);
  if (forMs !== undefined && !(forMs > 0 && forMs <= MAX_FOR_MS)) {
    throw refuse(`--for must lie between 1 ms and ${MAX_FOR_MS / 3600_000} h`);
  }
  if (direction !== undefined && kind !== 'isolate') throw refuse(`--direction goes with isolate, not with ${kind}`);
  if (kind !== 'slow') {
    if (lossPercent !== undefined) throw refuse(`--loss goes with slow, not with ${kind}`);
    if (latencyMs !== undefined) throw refuse(`--latency goes with slow, not with ${kind}`);
    return;
  }
  if (lossPercent === undefined && latencyMs === undefined) {
    throw refuse('fault slow takes --loss, --latency or both, e.g. --loss 5%');
  }
  if (lossPercent !== undefined && !(lossPercent >= 0.01 && lossPercent <= 100)) {
    throw refuse('--loss must lie between 0.01% and 100%');
  }
  if (latencyMs !== undefined && !(latencyMs >= 1 && latencyMs <= MAX_LATENCY_MS)) {
    throw refuse(`--latency must lie between 1 ms and ${MAX_LATENCY_MS / 1000} s`);
  }
}
