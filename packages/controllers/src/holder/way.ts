/** So long there must have been one before it is told to others. */
const STEADY_MS = 2000;

/** Whether there is a way from here to the primary: since when there is, or is none. Before the first look nobody knows. */
export class Way {
  #isThere: boolean | undefined;
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  saw(isThere: boolean, nowMs: number): void {
    if (isThere === this.#isThere) return;
    this.#isThere = isThere;
    this.#sinceMs = nowMs;
  }

  /** Time in which nobody looked does not count. */
  forgive(lateMs: number): void {
    this.#sinceMs += lateMs;
  }

  /** For how long there is none, as far as is known; 0: there is one. */
  lacksMs(nowMs: number): number {
    return this.#isThere === false ? nowMs - this.#sinceMs : 0;
  }

  /** Whether there is one to count on. */
  isSteady(nowMs: number): boolean {
    return this.#isThere === true && nowMs - this.#sinceMs >= STEADY_MS;
  }
}
