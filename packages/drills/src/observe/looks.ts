import { type Platform, type PlatformStatus, StatusReader } from '@sbmcrm/platform';

/** A look at the whole platform takes processor time from what is measured: there are at most two a second. */
const INTERVAL_MS = 500;

/** Looks at a platform for everybody in a run: one after the other, over kept connections. */
export class Looks {
  readonly #reader: StatusReader;
  #next = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(platform: Platform) {
    this.#reader = new StatusReader(platform);
  }

  /** A look that begins now or within half a second. */
  look(): Promise<PlatformStatus> {
    const look = this.#queue.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, this.#next - performance.now())));
      this.#next = performance.now() + INTERVAL_MS;
      return this.#reader.look();
    });
    this.#queue = look.catch(() => {});
    return look;
  }

  close(): void {
    this.#reader.close();
  }
}
