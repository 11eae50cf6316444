/** A clock that stands still until somebody lets time pass. Its actions are done in the order in which they are due. */
export class SimulatedClock {
  /** Milliseconds since 1970. */
  nowMs = Date.UTC(2026, 0, 1);
  #due: { atMs: number; action: () => void }[] = [];

  /** @returns what takes it back */
  at(atMs: number, action: () => void): () => void {
    const entry = { atMs, action };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((each) => each !== entry);
    };
  }

  /** Lets time pass, with all that is due in it; what that makes due, too. */
  pass(milliseconds: number): void {
    const end = this.nowMs + milliseconds;
    for (;;) {
      const [next] = this.#due.filter(({ atMs }) => atMs <= end).sort((x, y) => x.atMs - y.atMs);
      if (!next) break;
      this.#due = this.#due.filter((each) => each !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.action();
    }
    this.nowMs = end;
  }

  /** As faults and fences tell it. @param atMs default: now */
  iso(atMs: number = this.nowMs): string {
    return new Date(atMs).toISOString();
  }
}
