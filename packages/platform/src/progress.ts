import { ToolError } from '@sbmcrm/errors';
/** How long work tells what it is doing. */
export interface Progress {
  /**
   * Runs one named step. `note` may be called with short texts while it lasts; what the task returns as `result` text is
   * shown when it is done.
   */
  step<T>(title: string, task: (note: (text: string) => void) => Promise<T>): Promise<T>;
}

/** Thrown when the user asked to stop; what was done so far stays and the next `up` goes on from there. */
export class Interrupted extends ToolError {
  constructor() {
    super('INTERRUPTED', 'interrupted — run the command again to go on from here');
  }
}

/**
 * Polls until `probe` returns undefined (nothing is missing any more).
 *
 * @param probe says what is missing, in a few words
 * @param options.timeoutMs may become more while it is waited for
 * @throws Error with what is still missing after `timeoutMs`; Interrupted
 */
export async function waitFor(
  probe: () => Promise<string | undefined>,
  options: {
    timeoutMs: number | (() => number);
    note?: (text: string) => void;
    signal?: AbortSignal | undefined;
    hint?: string;
  },
): Promise<void> {
  const start = performance.now();
  for (let delay = 50; ; delay = Math.min(delay * 1.5, 400)) {
    if (options.signal?.aborted) throw new Interrupted();
    const missing = await probe();
    if (missing === undefined) return;
    options.note?.(missing);
    const timeoutMs = typeof options.timeoutMs === 'number' ? options.timeoutMs : options.timeoutMs();
    if (performance.now() - start > timeoutMs) {
      const hint = options.hint ? ` — ${options.hint}` : '';
      throw new ToolError('NOT_IN_TIME', `after ${Math.round(timeoutMs / 1000)} s: ${missing}${hint}`);
    }
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}
