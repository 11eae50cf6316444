const ORDER = ['starting', 'ready', 'draining', 'closing'] as const;

/**
 * - `starting`: the schema is not there yet
 * - `ready`: takes traffic
 * - `draining`: asked to stop, takes what sticks to it
 * - `closing`: wants nothing more, and is about to stop listening
 */
export type LifecycleState = (typeof ORDER)[number];

/** What this process is up to. It only moves forward: a draining process never becomes ready again. */
export class Lifecycle {
  #state: LifecycleState = 'starting';

  get state(): LifecycleState {
    return this.#state;
  }

  /** Asked to stop, whatever stage of it. */
  get isLeaving(): boolean {
    return ORDER.indexOf(this.#state) >= ORDER.indexOf('draining');
  }

  /** @returns false, and changes nothing, when it is as far or further */
  advance(state: LifecycleState): boolean {
    if (ORDER.indexOf(state) <= ORDER.indexOf(this.#state)) return false;
    this.#state = state;
    return true;
  }
}
