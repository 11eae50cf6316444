import { ENGINES } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import type { ServiceName } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { Interrupted, type Progress, waitFor } from '../progress.ts';
import { type Doctor, FoundDamage } from '../repair/doctor.ts';
import { endOfLog } from '../repair/hosts.ts';
import { lastWords } from '../repair/words.ts';
import type { Step } from './plan.ts';
import { stepText } from './steps-text.ts';

/** A part of the platform that has not come up by then will not come up by waiting longer. */
const SETTLE_TIMEOUT_MS = 90_000;
/** What comes after a part that did not come may wait for it in vain. */
const AFTER_FAILURE_MS = 30_000;

/** What is missing of a part. */
export interface Lack {
  text: string;
  /** Whose log may tell why. */
  host?: string | undefined;
  /** Something that takes as long as it takes got on since the last look: it is not given up. */
  getsOn?: boolean;
}

/** A part that is waited for. */
export interface Awaited {
  /** What is so once it is there. */
  title: string;
  /** Which of a host's logs may tell why not. */
  service: ServiceName;
}

/** Waits for one part after the other, and goes on where one does not come: it may keep nobody else from coming. */
export class Patience {
  readonly #platform: Pick<Platform, 'cloud'>;
  readonly #progress: Progress;
  readonly #always: Progress;
  readonly #doctor: Doctor;
  readonly #signal: AbortSignal | undefined;
  readonly #failures: string[] = [];
  /** What was done meanwhile, in order. */
  readonly done: Step[] = [];

  constructor(setting: {
    platform: Pick<Platform, 'cloud'>;
    /** Of what is waited for. */
    progress: Progress;
    /** Of what is done. */
    always: Progress;
    /** Looks for what never comes by itself while something is waited for. */
    doctor: Doctor;
    signal?: AbortSignal | undefined;
  }) {
    this.#platform = setting.platform;
    this.#progress = setting.progress;
    this.#always = setting.always;
    this.#doctor = setting.doctor;
    this.#signal = setting.signal;
  }

  /**
   * Waits until nothing is missing. What is damaged is repaired, and then waited for anew.
   *
   * @returns whether it is there; why not is told by {@link end}
   * @throws Interrupted
   */
  async wait(awaited: Awaited, probe: () => Promise<Lack | undefined>): Promise<boolean> {
    let lack: Lack | undefined;
    let start = performance.now();
    let gotOnMs = 0;
    const missing = async () => {
      lack = await probe();
      if (lack === undefined) return undefined;
      if (lack.getsOn) gotOnMs = performance.now() - start;
      const waits = await this.#doctor.look();
      return waits === undefined ? lack.text : `${lack.text}; ${waits}`;
    };
    for (;;) {
      const patienceMs = this.#failures.length > 0 ? AFTER_FAILURE_MS : SETTLE_TIMEOUT_MS;
      start = performance.now();
      gotOnMs = 0;
      const timeoutMs = () => patienceMs + gotOnMs;
      try {
        await this.#progress.step(awaited.title, (note) => waitFor(missing, { timeoutMs, note, signal: this.#signal }));
        return true;
      } catch (error) {
        try {
          if (!(error instanceof FoundDamage)) throw error;
          await this.#doctor.repair(error.damages);
        } catch (failure) {
          if (!(failure instanceof ToolError) || failure instanceof Interrupted) throw failure;
          this.#failures.push(`${failure.message}${failure === error ? await this.#why(awaited, lack?.host) : ''}`);
          return false;
        }
      }
    }
  }

  /** Does something that may not succeed; why not is told by {@link end}. */
  async attempt(step: Step, task: () => Promise<void>): Promise<void> {
    try {
      await this.#always.step(stepText(step), task);
      this.done.push(step);
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      this.#failures.push((error as Error).message);
    }
  }

  /** What the host's own log says, where it is, and what else can be done. */
  async #why({ service }: Awaited, host: string | undefined): Promise<string> {
    if (host === undefined) return ' — see `sbmcrm status`';
    const words = lastWords(await endOfLog(this.#platform.cloud, host, service), Date.now());
    const again = ENGINES[service].damage
      ? `; \`sbmcrm repair ${host} --force\` gives its data up and gets them again`
      : '';
    return `${words === undefined ? '' : ` (${words})`} — see \`sbmcrm logs ${host}/${service}\`${again}`;
  }

  /** @throws ToolError NOT_IN_TIME in one line, if anything did not come */
  end(): void {
    if (this.#failures.length > 0) throw new ToolError('NOT_IN_TIME', this.#failures.join('; and '));
  }
}
