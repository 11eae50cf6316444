import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEADLINE_MS } from './client/http-client.ts';
import type { OperationRecord } from './history.ts';
import {
  type FromLoad,
  type GeneratorFigures,
  type LiveFigures,
  type LoadSetting,
  NO_FIGURES,
  type ToLoad,
} from './protocol.ts';
import { MOST_WARM_UP_MS } from './warm-up.ts';

/** Logins and customers, also on a busy machine. */
const PREPARE_TIMEOUT_MS = 60_000;
const BEGIN_TIMEOUT_MS = MOST_WARM_UP_MS + 10_000;
/** What is under way ends by its deadline; the rest is writing a file. */
const STOP_TIMEOUT_MS = DEADLINE_MS + 15_000;

/** A load that is over. */
export interface EndedLoad {
  history: OperationRecord[];
  /** Missing when the load did not end in good order. */
  generator?: GeneratorFigures;
  /** Why the history may not be whole, in one line. */
  problem?: string;
}

/** A running load, seen from the one who ordered it: its process, how it stands, and in the end its history. */
export class Load {
  readonly #child: ChildProcess;
  readonly #setting: LoadSetting;
  #figures: LiveFigures = { ...NO_FIGURES };
  /** When the first request after the warm-up was due, in `clockMs()` time; 0 before. */
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
    // In a session of its own: Ctrl-C is for the one who ordered it, who then ends the load in good order.
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

  /** Warms up and begins; after {@link pause} it may begin again. @param rate requests per second */
  async begin(rate = this.#setting.rate): Promise<void> {
    this.beganMs = 0;
    const answer = await this.#ask({ type: 'begin', rate }, 'begun', BEGIN_TIMEOUT_MS);
    if (answer.type === 'begun') this.beganMs = answer.atMs;
  }

  /** Stops sending and waits for the answers. @throws Error in one line if they do not come */
  async pause(): Promise<GeneratorFigures> {
    const answer = await this.#ask({ type: 'stop' }, 'done', STOP_TIMEOUT_MS);
    if (answer.type !== 'done') throw new Error('the load did not end in good order');
    return answer.generator;
  }

  /** Stops sending, waits for the answers, ends the process and reads its history. Never throws. */
  async stop(): Promise<EndedLoad> {
    try {
      const generator = await this.pause();
      return { history: this.history(), generator };
    } catch (error) {
      return { history: this.history(), problem: (error as Error).message };
    } finally {
      this.kill();
    }
  }

  /** What is written so far. A last line that was cut short is left out. */
  history(): OperationRecord[] {
    let text: string;
    try {
      text = readFileSync(this.#setting.historyFile, 'utf8');
    } catch {
      return []; // not even begun
    }
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as OperationRecord);
  }

  /** Ends the process at once. */
  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
  }

  #ask(message: ToLoad, wanted: FromLoad['type'], timeoutMs: number): Promise<FromLoad> {
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error('the load ended before its time'));
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
