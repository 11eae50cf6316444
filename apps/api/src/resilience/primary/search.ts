/** An attempt that has no answer yet is left alone for so long, and another one is made beside it. */
const BESIDE_MS = 2000;

/** So long may an attempt take: four at a time at most. On a busy machine a new connection takes seconds. */
export const ATTEMPT_MS = 4 * BESIDE_MS;

/** Often after a no, as this adds to every failover, and with jitter, so that ten instances do not beat together. */
const pauseMs = (tries: number) => Math.min(50 * tries, 200) * (0.5 + Math.random());

/**
 * Asks until the first yes. An attempt that is broken off is work for the server all the same, and the next one stands
 * behind it: a slow one is not given up for a new one.
 *
 * @param ask whether there is a primary; its signal says that the answer is not wanted any more
 * @param end ends the search
 */
export function searchPrimary(ask: (signal: AbortSignal) => Promise<boolean>, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    let tries = 0;
    let timer: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(timer);
      end.removeEventListener('abort', finish);
      over.abort(new Error('not wanted any more'));
      resolve();
    };
    const next = () => {
      tries += 1;
      const number = tries;
      timer = setTimeout(next, BESIDE_MS);
      void ask(over.signal).then((found) => {
        if (over.signal.aborted) return;
        if (found) finish();
        else if (number === tries) {
          clearTimeout(timer);
          timer = setTimeout(next, pauseMs(tries));
        }
      });
    };
    if (end.aborted) return finish();
    end.addEventListener('abort', finish);
    next();
  });
}
