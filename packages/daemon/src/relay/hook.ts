import { spawn } from 'node:child_process';
import type { ToldAlert } from './told.ts';

/** A hook that takes longer is ended. */
const TIMEOUT_MS = 30_000;
/** Alerts that wait for it; more are refused, and told again later. */
const MOST_WAITING = 100;
/** Alerts that it was run for: none of them again. */
const MOST_KNOWN = 2000;
/** Of what it says, for the log. */
const WORDS = 300;

/**
 * Runs a command for each alert, one at a time, once: an alert that is told again while its command runs, or after it has ended well,
 * starts none. What failed may be tried again.
 */
export class Hook {
  /** By alert, what was told of it last. */
  readonly #known = new Map<string, { key: string; done: Promise<void> }>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws Error in one line where the command fails, or too many wait */
  async run(command: readonly string[], alert: ToldAlert): Promise<void> {
    const known = this.#known.get(alert.id);
    if (known?.key === alert.key) return known.done;
    if (this.#waiting >= MOST_WAITING) throw new Error(`${MOST_WAITING} alerts wait for the hook already`);
    this.#waiting += 1;
    const done = this.#last
      .then(() => runCommand(command, alert))
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#last = done.catch(() => {});
    this.#known.delete(alert.id);
    this.#known.set(alert.id, { key: alert.key, done });
    for (const id of this.#known.keys()) {
      if (this.#known.size <= MOST_KNOWN) break;
      this.#known.delete(id);
    }
    try {
      await done;
    } catch (error) {
      if (this.#known.get(alert.id)?.done === done) this.#known.delete(alert.id);
      throw error;
    }
  }
}

/** Gives an alert to a command as JSON on its standard input. @throws Error in one line, with what it said last */
function runCommand(
  [program = '', ...args]: readonly string[],
  { key: _key, id: _id, ...alert }: ToldAlert,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: '/',
      detached: true, // what it starts ends with it
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    let said = '';
    const listen = (part: Buffer) => {
      said = `${said}${part}`.slice(-WORDS);
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // it has just ended
      }
    }, TIMEOUT_MS);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`the hook was not run: ${error.message}`));
    });
    // Without a free file there is no process, and none of its pipes.
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    const words = () => said.trim().split('\n').at(-1) ?? '';
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      const how = isLate ? `took longer than ${TIMEOUT_MS / 1000} s` : `ended with ${code ?? signal}`;
      reject(new Error(`the hook ${how}${words() === '' ? '' : `: ${words()}`}`));
    });
    child.stdin?.on('error', () => {}); // one that does not read it
    child.stdin?.end(`${JSON.stringify(alert)}\n`);
  });
}
