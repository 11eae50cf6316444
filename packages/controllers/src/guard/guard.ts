import { closeSync, constants, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { isOver, resumed, take, type Watched } from './watchdog.ts';

export interface GuardOptions {
  /** The named pipe that the agent takes for its watchdog device. */
  pipe: string;
  /** A file that goes with the machine's power, for the guard that comes after this one. */
  note: string;
  /** From a renewal to its end, until the agent says otherwise. */
  timeoutMs: number;
  /** Ends the server and its agent at once. */
  kill(): void;
  log(message: string): void;
  /** A monotonic clock, the same for every process of the machine, in milliseconds. */
  now?: (() => number) | undefined;
}

/** Milliseconds since the machine started. `performance.now()` would count from this process's start. */
export const sinceBoot = () => Number(process.hrtime.bigint() / 1_000_000n);

/**
 * Ends a database server whose agent does not renew its lease any more: an agent that hangs or is gone cannot do that itself, and the
 * server would go on taking writes while another one leads.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #now: () => number;
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(4096);
  #watched: Watched;
  #lookedAtMs: number;

  /** @throws Error when there is no such pipe */
  constructor(options: GuardOptions) {
    this.#options = options;
    this.#now = options.now ?? sinceBoot;
    this.#lookedAtMs = this.#now();
    // For writing, too: without a writer a pipe is at its end, and an agent that opens it would wait for a reader.
    this.#fd = openSync(options.pipe, constants.O_RDWR | constants.O_NONBLOCK);
    this.#watched = resumed(this.#noted(), this.#read(), this.#lookedAtMs);
    this.#keep();
    if (this.isArmed) options.log('goes on: the server leads');
  }

  /** Whether the server leads, as far as is known. */
  get isArmed(): boolean {
    return this.#watched.renewedAtMs !== undefined;
  }

  /** Reads what the agent wrote, and ends it and its server when it has not renewed its lease in time. */
  look(): void {
    const now = this.#now();
    const before = this.#watched;
    this.#watched = take(before, this.#read(), this.#lookedAtMs);
    this.#lookedAtMs = now;
    if (isOver(this.#watched, now)) {
      const seconds = ((now - (this.#watched.renewedAtMs ?? now)) / 1000).toFixed(1);
      this.#options.kill();
      this.#options.log(`the lease was not renewed for ${seconds} s: the server and its agent were killed`);
      this.#watched = { ...this.#watched, renewedAtMs: undefined };
    } else if (this.isArmed !== (before.renewedAtMs !== undefined)) {
      const { timeoutMs } = this.#watched;
      this.#options.log(
        this.isArmed ? `the server leads: it is killed ${timeoutMs} ms after a renewal` : 'it leads no more',
      );
    }
    if (this.#watched.renewedAtMs !== before.renewedAtMs) this.#keep();
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** All that is in the pipe. */
  #read(): string {
    let text = '';
    for (;;) {
      try {
        const length = readSync(this.#fd, this.#buffer);
        text += this.#buffer.toString('latin1', 0, length);
        if (length < this.#buffer.length) return text;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return text;
        throw error;
      }
    }
  }

  #noted(): Pick<Watched, 'timeoutMs' | 'renewedAtMs'> {
    const { note, timeoutMs } = this.#options;
    try {
      const [noted, renewed] = readFileSync(note, 'latin1').trim().split(' ').map(Number);
      if (noted && noted > 0 && renewed !== undefined && renewed >= 0)
        return { timeoutMs: noted, renewedAtMs: renewed };
    } catch {
      // there is none: no guard was here before
    }
    return { timeoutMs, renewedAtMs: undefined };
  }

  #keep(): void {
    const { note } = this.#options;
    const { timeoutMs, renewedAtMs } = this.#watched;
    writeFileSync(`${note}.new`, renewedAtMs === undefined ? '' : `${timeoutMs} ${renewedAtMs}\n`, { mode: 0o600 });
    renameSync(`${note}.new`, note);
  }
}
