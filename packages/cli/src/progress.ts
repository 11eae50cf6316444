import type { Progress } from '@sbmcrm/platform';

/**
 * Steps with their elapsed time: a live list on a terminal, a line each elsewhere. It goes to standard error, so that
 * standard output holds the result alone.
 *
 * @param silent with --json nothing is shown
 */
export function createProgress(silent: boolean): Progress {
  const terminal = process.stderr.isTTY === true;
  return {
    async step<T>(title: string, task: (note: (text: string) => void) => Promise<T>): Promise<T> {
      if (silent) return task(() => {});
      if (!terminal) return plainStep(title, task);
      const { Listr, PRESET_TIMER } = await import('listr2');
      let result: T | undefined;
      const list = new Listr(
        [
          {
            title,
            task: async (_context, handle) => {
              result = await task((text) => {
                handle.output = text;
              });
            },
          },
        ],
        {
          rendererOptions: { timer: PRESET_TIMER, collapseErrors: true, showErrorMessage: false },
          registerSignalListeners: false,
        },
      );
      await list.run();
      return result as T;
    },
  };
}

async function plainStep<T>(title: string, task: (note: (text: string) => void) => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await task(() => {});
  console.error(`✔ ${title} [${((performance.now() - start) / 1000).toFixed(1)} s]`);
  return result;
}
