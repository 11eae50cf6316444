/** A wait is counted in pieces of this length. */
const SLICE_MS = 50;

/**
 * Waits for an answer, for a time in which this process ran. One that stood still (a busy machine, a paused host) finds its
 * time-outs run out and the answers unread behind them: a pause counts as one piece of the wait, however long it was.
 *
 * @param limitMs how long an answer may take
 * @param signal ends the wait
 * @throws {Error} `timeout: no answer in N ms`, the signal's reason, or what the answer fails with
 */
export async function patiently<T>(answer: Promise<T>, limitMs: number, signal?: AbortSignal): Promise<T> {
  let slices = Math.ceil(limitMs / SLICE_MS);
  let tick: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(signal?.reason);
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    tick = setInterval(() => {
      slices -= 1;
      if (slices <= 0) reject(new Error(`timeout: no answer in ${limitMs} ms`));
    }, SLICE_MS);
  });
  try {
    return await Promise.race([answer, over]);
  } finally {
    clearInterval(tick);
    if (giveUp) signal?.removeEventListener('abort', giveUp);
    answer.catch(() => {}); // it may still fail, and nobody waits for it
  }
}
