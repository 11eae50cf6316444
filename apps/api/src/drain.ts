import type { Lifecycle } from './lifecycle.ts';

export interface DrainSteps {
  lifecycle: Lifecycle;
  /** How long the load balancers have to notice: more than two of their agent-checks. */
  delayMs: number;
  /** How long all of it may take. */
  deadlineMs: number;
  /** Stops accepting, and resolves when the last request is answered. */
  closeServer: () => Promise<unknown>;
  /** Closes pools, cache and agent. */
  closeRest: () => Promise<unknown>;
  sleep?: (milliseconds: number) => Promise<void>;
}

/**
 * Ends the process without dropping a request: first no new sessions come, then those that stick to this server go
 * elsewhere, and all the while everything is served; then the server stops accepting and finishes what it has.
 *
 * @returns `finished`; `cut` when the deadline came first; `again` when it was draining already
 */
export async function drain(steps: DrainSteps): Promise<'finished' | 'cut' | 'again'> {
  const { lifecycle, delayMs } = steps;
  if (!lifecycle.advance('draining')) return 'again';
  const sleep = steps.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));
  const finish = async () => {
    await sleep(delayMs / 2);
    lifecycle.advance('closing');
    await sleep(delayMs / 2);
    await steps.closeServer();
    await steps.closeRest();
    return 'finished' as const;
  };
  return await Promise.race([finish(), sleep(steps.deadlineMs).then(() => 'cut' as const)]);
}
