import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OperationRecord } from './history.ts';
import { DEADLINE_MS } from './http-client.ts';
import type { FromLoad, LiveFigures, LoadSetting, ToLoad } from './protocol.ts';

/** Logins and customers, also on a busy machine. */
const PREPARE_TIMEOUT_MS = 60_000;
/** What is under way ends by its deadline; the rest is writing a file. */
const STOP_TIMEOUT_MS = DEADLINE_MS + 10_000;

/** A running load, seen from the drill: its process, how it stands, and in the end its history. */
export class Load {
  readonly #child: ChildProcess;
  readonly #setting: LoadSetting;
  #figures: LiveFigures = { sent: 0, ok: 0, failed: 0, retried: 0, late: 0, inFlight: 0, writes: 0, lastWriteMs: 0 };
  /** When the first request was due, in `clockMs()` time; 0 before. */
  beganMs = 0;

  private constructor(child: ChildProcess, setting: LoadSetting) {
    this.#child = child;
    this.#setting = setting;
    child.on('message', (message: FromLoad) => {
      if (message.type === 'figures') this.#figures = message.figures;
    });
  }

  /** Starts the process and lets it log in and create its customers. @throws Error in one line */
  static async prepare(setting: LoadSetting): Promise<Load> {
    const program = fileURLToPath(new URL('./main.ts', import.meta.url));
    // In a session of its own: Ctrl-C is for the drill, which then ends the load in good order.
    const child = fork(program, { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const load = new Load(child, setting);
    try {
      await load.#ask({ type: 'prepare', setting }, 'ready', PREPARE_TIMEOUT_MS);
    } catch (error) {
      load.kill();
      throw error;
    }
    return load;
  }

  get figures(): LiveFigures {
    return this.#figures;
  }

  async begin(): Promise<void> {
    const answer = await this.#ask({ type: 'begin' }, 'begun', 5000);
    if (answer.type === 'begun') this.beganMs = answer.atMs;
  }

  /** Stops sending, waits for the answers, ends the process and reads its history. */
  async stop(): Promise<OperationRecord[]> {
    await this.#ask({ type: 'stop' }, 'done', STOP_TIMEOUT_MS);
    this.kill();
    const lines = readFileSync(this.#setting.historyFile, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as OperationRecord);
  }

  /** Ends the process at once. */
  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
  }

  #ask(message: ToLoad, wanted: FromLoad['type'], timeoutMs: number): Promise<FromLoad> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
        settle();
      };
      const onMessage = (answer: FromLoad) => {
        if (answer.type === wanted) finish(() => resolve(answer));
        if (answer.type === 'problem') finish(() => reject(new Error(answer.message)));
      };
      const onExit = () => finish(() => reject(new Error('the load ended before its time')));
      const timer = setTimeout(
        () => finish(() => reject(new Error(`the load did not answer "${message.type}" in ${timeoutMs / 1000} s`))),
        timeoutMs,
      );
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
      this.#child.send(message);
    });
  }
}
