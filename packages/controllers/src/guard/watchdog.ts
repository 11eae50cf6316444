/** What a guard knows of the agent that it watches. Times are those of one monotonic clock, in milliseconds. */
export interface Watched {
  /** From a renewal to the end of what it allows. */
  timeoutMs: number;
  /** When the lease was renewed last; undefined while the server does not lead. */
  renewedAtMs: number | undefined;
  /** The beginning of a command whose end was not read yet. */
  rest: string;
}

/**
 * A renewal counts for at most so much. An agent that was stuck may tell of one that was granted long ago, as the last thing that it does
 * before it is stuck again; but it asked for it after it had told of the one before. As long as this is the margin between a renewal's end
 * and the lease's, the server has ended when the lease does, whenever its agent was stuck. One that is well renews every second or two.
 */
const MOST_GAIN_MS = 5000;

/** No command is longer. */
const MOST_REST = 32;

/**
 * What an agent has written to its watchdog since the last look. It is Patroni's protocol for a watchdog that is a pipe: `1` after each
 * renewal of the leader's lease, `V` when PostgreSQL does not lead any more (also once it has stopped, and in Patroni's pause), and
 * `Ctimeout=15` with a line's end when it is about to lead. Patroni writes `1`, too, while etcd is away and all other members let it go
 * on (its failsafe mode). Pure.
 *
 * @see https://patroni.readthedocs.io/en/latest/watchdog.html and `TestingWatchdogDevice` in patroni/watchdog/linux.py
 * @param atMs when it was written at the earliest: at the last look. A guard that was frozen together with its host must not take what
 *   it finds then for new.
 */
export function take(watched: Watched, text: string, atMs: number): Watched {
  let { timeoutMs, renewedAtMs } = watched;
  const all = watched.rest + text;
  for (let at = 0; at < all.length; at += 1) {
    if (all[at] === 'V') {
      renewedAtMs = undefined;
      continue;
    }
    renewedAtMs = renewedAtMs === undefined ? atMs : Math.max(renewedAtMs, Math.min(atMs, renewedAtMs + MOST_GAIN_MS));
    if (all[at] !== 'C') continue;
    const end = all.indexOf('\n', at);
    if (end < 0) return { timeoutMs, renewedAtMs, rest: all.slice(at, at + MOST_REST) };
    const seconds = Number(/^timeout=(\d{1,5})$/.exec(all.slice(at + 1, end))?.[1] ?? 0);
    if (seconds > 0) timeoutMs = seconds * 1000;
    at = end;
  }
  return { timeoutMs, renewedAtMs, rest: '' };
}

/** Whether what the last renewal allows is over, and somebody else may lead from now on. Pure. */
export function isOver({ timeoutMs, renewedAtMs }: Watched, nowMs: number): boolean {
  return renewedAtMs !== undefined && nowMs - renewedAtMs >= timeoutMs;
}

/** A guard that has just started gives the agent so much time to show that it lives: several of its rounds. */
const SHOW_LIFE_MS = 5000;

/**
 * What a guard that starts anew knows, by what the one before it noted, and by what was written since and nobody read. Pure.
 *
 * @param told all that is in the pipe; when it was written nobody knows
 */
export function resumed(noted: Pick<Watched, 'timeoutMs' | 'renewedAtMs'>, told: string, nowMs: number): Watched {
  const taken = take({ ...noted, rest: '' }, told, nowMs + SHOW_LIFE_MS - noted.timeoutMs);
  const { timeoutMs, renewedAtMs } = taken;
  if (renewedAtMs === undefined) return taken;
  // The clock begins anew with the machine, and so does the folder with the note: a later time cannot be.
  return { ...taken, renewedAtMs: Math.min(nowMs, Math.max(renewedAtMs, nowMs + SHOW_LIFE_MS - timeoutMs)) };
}
