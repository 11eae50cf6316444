import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CloudError, type TaskStatus, type Tasks } from '@sbmcrm/cloud';
import { readJson, writeJson } from './machine/files.ts';
import { identityOf, isAlive, type ProcessIdentity } from './machine/process.ts';
import type { StatePaths } from './state.ts';

/** Clocks of one machine agree: what is due later than this was never due. */
const MOST_AHEAD_MS = 60_000;

/** The last run of a task, as its file has it. */
interface TaskRecord {
  due: string;
  startedAt: string;
  /** Missing: it was about to be started. */
  process?: ProcessIdentity;
  /** Missing: it runs, or is lost. */
  ended?: { at: string; passed: boolean; text: string };
}

/** Whether it ran for a later time. One that has not come yet was a wrong clock's, and counts for nothing. */
const isLater = (known: Pick<TaskRecord, 'due'>, due: string) =>
  Date.parse(known.due) > Date.parse(due) && Date.parse(known.due) <= Date.now() + MOST_AHEAD_MS;

const fileOf = ({ tasks }: Pick<StatePaths, 'tasks'>, name: string) => join(tasks, `${name}.json`);
const stored = (paths: Pick<StatePaths, 'tasks'>): string[] =>
  existsSync(paths.tasks)
    ? readdirSync(paths.tasks)
        .filter((file) => file.endsWith('.json'))
        .map((file) => basename(file, '.json'))
        .sort()
    : [];

/** A task of the schedule. */
interface KnownTask {
  name: string;
  /** Since when the schedule has it, ISO 8601. */
  since: string;
}

/** Keeps which tasks there are, and since when. What is left of others goes with what came of them. */
export function keepTaskNames(paths: StatePaths, names: readonly string[]): void {
  const before = readJson<KnownTask[]>(paths.taskNames) ?? [];
  const since = new Date().toISOString();
  writeJson(
    paths.taskNames,
    names.map((name): KnownTask => before.find((each) => each.name === name) ?? { name, since }),
  );
  for (const name of stored(paths)) {
    if (names.includes(name)) continue;
    for (const file of [fileOf(paths, name), logOf(paths, name), specOf(paths, name)]) rmSync(file, { force: true });
  }
}

/** What a task says while it runs; begun anew each time. */
export const logOf = ({ tasks }: Pick<StatePaths, 'tasks'>, name: string) => join(tasks, `${name}.log`);

/** The spec that a task runs by. */
export const specOf = ({ tasks }: Pick<StatePaths, 'tasks'>, name: string) => join(tasks, `${name}.yaml`);

/**
 * A task begins in this process. Nothing where a later run has begun meanwhile.
 *
 * @param due ISO 8601
 * @throws CloudError 409 TASK_BUSY where it runs in another one
 */
export function keepTaskBegun(paths: StatePaths, name: string, due: string, process: ProcessIdentity): void {
  const known = readJson<TaskRecord>(fileOf(paths, name));
  const runsIn = known?.ended === undefined ? known?.process : undefined;
  if (runsIn && runsIn.pid !== process.pid && isAlive(runsIn))
    throw new CloudError('TASK_BUSY', `${name} runs already, in process ${runsIn.pid}`);
  if (known !== undefined && isLater(known, due)) return;
  const startedAt = known?.due === due ? known.startedAt : new Date().toISOString();
  mkdirSync(paths.tasks, { recursive: true, mode: 0o700 });
  writeJson(fileOf(paths, name), { due, startedAt, process } satisfies TaskRecord);
}

/** Keeps what came of a task. Nothing where another run has begun meanwhile, or the platform is gone. @param text in one line */
export function keepTaskEnded(
  paths: StatePaths,
  name: string,
  due: string,
  { passed, text }: { passed: boolean; text: string },
): void {
  const known = readJson<TaskRecord>(fileOf(paths, name));
  if (known?.due !== due) return;
  writeJson(fileOf(paths, name), { ...known, ended: { at: new Date().toISOString(), passed, text } });
}

/** The last run of each task, by what is on disk. */
export function taskStatuses(paths: StatePaths): TaskStatus[] {
  return stored(paths).flatMap((name) => {
    const record = readJson<TaskRecord>(fileOf(paths, name));
    return record === undefined
      ? []
      : [statusOf(name, record, record.process !== undefined && isAlive(record.process))];
  });
}

/** Pure. @param runs whether its process does */
export function statusOf(name: string, { due, startedAt, ended }: TaskRecord, runs: boolean): TaskStatus {
  const at = { name, due, startedAt, endedAt: ended?.at ?? null };
  if (ended) return { ...at, state: ended.passed ? 'passed' : 'failed', text: ended.text };
  if (runs) return { ...at, state: 'running', text: 'it runs' };
  return { ...at, state: 'lost', text: 'its process is gone without a word' };
}

/** Tasks on this machine: each is a process of its own, which lives on when the daemon does not. */
export class LocalTasks implements Tasks {
  readonly #paths: StatePaths;
  readonly #command: (name: string, due: string) => readonly string[];

  /** @param command what runs a task; it says itself what came of it, see {@link keepTaskEnded} */
  constructor(paths: StatePaths, command: (name: string, due: string) => readonly string[]) {
    this.#paths = paths;
    this.#command = command;
  }

  async list(): Promise<TaskStatus[]> {
    return taskStatuses(this.#paths);
  }

  // Nothing in it waits: two callers cannot both find that it is not running.
  async run(name: string, due: string): Promise<TaskStatus | null> {
    const paths = this.#paths;
    const task = readJson<KnownTask[]>(paths.taskNames)?.find((each) => each.name === name);
    if (!task) throw new CloudError('UNKNOWN_TASK', `the schedule has no task "${name}"`);
    if (Date.parse(due) > Date.now() + MOST_AHEAD_MS)
      throw new CloudError('VALIDATION', `due: ${due} has not come yet`);
    // What was due before it was there, or before it was there again, is nothing that was missed.
    if (Date.parse(due) < Date.parse(task.since)) return null;
    const tasks = taskStatuses(paths);
    const known = tasks.find((each) => each.name === name);
    if (known && (known.due === due || isLater(known, due))) return known;
    const running = tasks.find(({ state }) => state === 'running');
    if (running) throw new CloudError('TASK_BUSY', `${running.name} runs since ${running.startedAt}`);
    mkdirSync(paths.tasks, { recursive: true, mode: 0o700 });
    // First: a daemon that is killed in between has started nothing, and the task counts as lost. Never is it started twice.
    const record: TaskRecord = { due, startedAt: new Date().toISOString() };
    writeJson(fileOf(paths, name), record);
    const process = this.#spawn(name, due);
    if (process === undefined) return statusOf(name, record, false);
    writeJson(fileOf(paths, name), { ...record, process });
    return statusOf(name, record, true);
  }

  #spawn(name: string, due: string): ProcessIdentity | undefined {
    const [program = '', ...args] = this.#command(name, due);
    const log = openSync(logOf(this.#paths, name), 'w', 0o600);
    try {
      const child = spawn(program, args, {
        cwd: '/',
        detached: true, // it is not ended with the daemon
        stdio: ['ignore', log, log],
        env: { ...process.env, NODE_OPTIONS: '', SBMCRM_OPERATOR: 'the schedule' },
      });
      child.on('error', (error) => keepTaskEnded(this.#paths, name, due, { passed: false, text: error.message }));
      child.unref();
      return child.pid === undefined ? undefined : identityOf(child.pid);
    } finally {
      closeSync(log);
    }
  }
}
