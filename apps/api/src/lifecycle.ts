/** `starting` until the schema is there, then `ready`, and `draining` from the first signal to the end. */
export type LifecycleState = 'starting' | 'ready' | 'draining';

/** What this process is up to. It only moves forward: a draining process never becomes ready again. */
export class Lifecycle {
  #state: LifecycleState = 'starting';
  readonly #onChange: (state: LifecycleState) => void;

  constructor(onChange: (state: LifecycleState) => void = () => {}) {
    this.#onChange = onChange;
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** @returns false when the process is draining already: it stays so */
  markReady(): boolean {
    if (this.#state !== 'starting') return false;
    this.#move('ready');
    return true;
  }

  /** @returns false when it was draining before */
  markDraining(): boolean {
    if (this.#state === 'draining') return false;
    this.#move('draining');
    return true;
  }

  #move(state: LifecycleState): void {
    this.#state = state;
    this.#onChange(state);
  }
}
