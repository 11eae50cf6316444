/**
 * A probe that may outlast a look: of those who look again and again each gets what is newest without waiting for what is slow. One
 * runs at a time.
 */
export class Latest<T> {
  readonly #probe: () => Promise<T>;
  #running: Promise<T> | undefined;
  #last: { value: T } | undefined;

  /** @param probe bounds its own time; does not reject */
  constructor(probe: () => Promise<T>) {
    this.#probe = probe;
  }

  /** What the running probe finds (it is begun if none runs); after `patienceMs` what the one before found, if there is one. */
  async get(patienceMs: number): Promise<T> {
    this.#running ??= this.#run();
    const running = this.#running;
    const last = this.#last;
    if (!last) return running;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<T>((resolve) => {
      timer = setTimeout(() => resolve(last.value), patienceMs);
    });
    return Promise.race([running, late]).finally(() => clearTimeout(timer));
  }

  async #run(): Promise<T> {
    try {
      const value = await this.#probe();
      this.#last = { value };
      return value;
    } finally {
      this.#running = undefined;
    }
  }
}
