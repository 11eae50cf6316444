/** Times that come again and again, as far as it matters here; milliseconds since the epoch. */
export interface Times {
  latest(nowMs: number): number | undefined;
}

/** A task and when it is due. */
export interface Task {
  name: string;
  /** Tells these times from others that it had, or will have. */
  when: string;
  times: Times;
}

/** What is known of each task, by name: kept in etcd, so that it outlives whoever leads. */
export type Known = Readonly<Record<string, Handled>>;

export interface Handled {
  when: string;
  /** All times up to this one are dealt with; milliseconds since the epoch. */
  upToMs: number;
}

/** A clock that was ahead by more than this, and is right again: what it dealt with is still to come. */
const AHEAD_MS = 24 * 3_600_000;

/**
 * What is due, and what is known from now on of tasks that are new. One that missed several times is due once, for the last of them. One
 * that is new, or has other times now, missed none. Pure.
 *
 * @param nowMs milliseconds since the epoch, by a clock that may jump
 */
export function dueTasks(
  tasks: readonly Task[],
  known: Known,
  nowMs: number,
): { due: { name: string; dueMs: number }[]; known: Known } {
  const next: Record<string, Handled> = {};
  const due: { name: string; dueMs: number }[] = [];
  for (const { name, when, times } of tasks) {
    const before = known[name];
    const isKnown = before?.when === when && before.upToMs <= nowMs + AHEAD_MS;
    const handled = isKnown ? before : { when, upToMs: nowMs };
    next[name] = handled;
    const latest = times.latest(nowMs);
    if (latest !== undefined && latest > handled.upToMs) due.push({ name, dueMs: latest });
  }
  return { due, known: next };
}

/** The same once a task was begun, or refused for good. Pure. */
export function handledUpTo(known: Known, name: string, dueMs: number): Known {
  const before = known[name];
  return before === undefined ? known : { ...known, [name]: { ...before, upToMs: dueMs } };
}

/** As it is kept. What is not of that form is nothing: all tasks are new then. Pure. */
export function parseKnown(text: string | undefined): Known {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).filter(([, value]) => isHandled(value))) as Known;
  } catch {
    return {};
  }
}

function isHandled(value: unknown): value is Handled {
  const { when, upToMs } = (value ?? {}) as Partial<Handled>;
  return typeof when === 'string' && typeof upToMs === 'number' && Number.isFinite(upToMs);
}
