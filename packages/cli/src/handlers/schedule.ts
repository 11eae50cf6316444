import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskStatus } from '@sbmcrm/cloud';
import { allDrills, chooseDrills, runDrills } from '@sbmcrm/drills';
import { ToolError } from '@sbmcrm/errors';
import { keepTaskBegun, keepTaskEnded, ownIdentity, specOf, writeFileAtomic } from '@sbmcrm/local';
import type { Workspace } from '@sbmcrm/platform';
import { appliedWorkspace, openWithApplied } from '@sbmcrm/platform/applied';
import type { Spec } from '@sbmcrm/spec';
import { timesOf } from '@sbmcrm/spec/times';
import type { Command } from 'commander';
import { interruptSignal, progressOf, vetOf, workspaceOf } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import { print } from '../options.ts';
import { table } from '../text/table.ts';

/** Reports of a task that are kept: some years of a monthly one. */
const MOST_REPORTS = 30;
/** While another command changes the platform, a task waits for so long, and looks so often. A session of all drills takes an hour. */
const LOCKED_MS = 12 * 3_600_000;
const LOCKED_LOOK_MS = 10_000;

type Scheduled = Spec['drills']['schedule'][number];

/** A task, when it is due next, and its last run. */
export interface ListedTask {
  name: string;
  at: string;
  timezone: string;
  next: string | null;
  last: TaskStatus | null;
}

export async function runScheduleList(_options: unknown, command: Command): Promise<void> {
  const { spec, cloud } = await openWithApplied(workspaceOf(command));
  const runs = (await cloud.tasks?.list()) ?? [];
  const tasks = listedTasks(spec.drills, runs, Date.now());
  print(command, tasks, tasks.length === 0 ? 'nothing is scheduled: see drills.schedule' : scheduleText(tasks));
}

/** Pure. @param nowMs milliseconds since the epoch */
export function listedTasks(
  { timezone, schedule }: Spec['drills'],
  runs: readonly TaskStatus[],
  nowMs: number,
): ListedTask[] {
  return schedule.map(({ drill: name, at }) => {
    const next = timesOf(at, timezone).next(nowMs);
    return {
      name,
      at,
      timezone,
      next: next === undefined ? null : new Date(next).toISOString(),
      last: runs.find((run) => run.name === name) ?? null,
    };
  });
}

/** Pure. */
export function scheduleText(tasks: readonly ListedTask[]): string {
  const time = (iso: string) => iso.slice(0, 16).replace('T', ' ');
  const rows = tasks.map(({ name, at, timezone, next, last }) => [
    name,
    `${at} (${timezone})`,
    next === null ? 'never' : time(next),
    last === null ? 'never ran' : `${time(last.startedAt)}  ${last.state}: ${last.text}`,
  ]);
  return table([['TASK', 'AT', 'NEXT (UTC)', 'LAST RUN (UTC)'], ...rows]);
}

export async function runScheduleRun(name: string, { due }: { due?: string }, command: Command): Promise<void> {
  const workspace = workspaceOf(command);
  if (due !== undefined && !(Date.parse(due) <= Date.now()))
    throw new UsageError(`--due: "${due}" is not a time that has come, such as 2026-11-29T04:00:00Z`);
  const { spec, paths } = await openWithApplied(workspace);
  const task = spec.drills.schedule.find(({ drill }) => drill === name);
  if (!task) {
    const known = spec.drills.schedule.map(({ drill }) => drill).join(', ');
    throw new UsageError(`the schedule has no task "${name}" (it has: ${known === '' ? 'none' : known})`);
  }
  await vetOf(workspace.specFile)(spec);
  const at = new Date(due ?? Date.now()).toISOString();
  keepTaskBegun(paths, name, at, ownIdentity());
  const ended = await runTask(workspace, task, command).catch((error: Error) => {
    keepTaskEnded(paths, name, at, { passed: false, text: error.message.split('\n')[0] ?? '' });
    throw error;
  });
  keepTaskEnded(paths, name, at, ended);
  print(command, { name, due: at, ...ended }, `${name}: ${ended.text}`);
  if (!ended.passed) process.exitCode = EXIT.failed;
}

/**
 * The spec that the hosts follow, in a file of the task's own: a drill may change for a while what they follow.
 *
 * @throws ToolError NOT_HEALTHY where they follow what a session of drills changed that was cut
 */
function ownWorkspace(workspace: Workspace, name: string): Workspace {
  const { paths } = workspace;
  if (existsSync(paths.drillSpec))
    throw new ToolError('NOT_HEALTHY', 'drills were cut while they had changed the spec: run `sbmcrm up` first');
  const specFile = specOf(paths, name);
  writeFileAtomic(specFile, readFileSync(paths.appliedSpec, 'utf8'), 0o600);
  return { ...appliedWorkspace(workspace), specFile };
}

/** By the spec that the hosts follow: what was written into the file since is not applied by itself at night. */
async function runTask(workspace: Workspace, { drill, rate }: Scheduled, command: Command) {
  const folder = join(workspace.paths.root, 'reports', 'schedule', drill);
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+Z$/g, '');
  const known = await allDrills();
  const signal = interruptSignal();
  const run = () =>
    runDrills(workspace, {
      rate,
      repeat: 1,
      prepare: () => ownWorkspace(workspace, drill),
      plan: chooseDrills(known, [drill]).map((each) => ({ drill: each, set: {} })),
      reportDir: join(folder, stamp),
      command: `sbmcrm schedule run ${drill}`,
      progress: progressOf(command),
      signal,
    });
  dropOldReports(folder);
  const { file, folder: written } = await whenFree(run, signal);
  const [report] = file.runs;
  const passed = report?.verdict === 'pass';
  const words = report?.reason ?? (passed ? 'nothing failed' : 'see the report');
  return { passed, text: `${words} (${join(written, 'report.html')})` };
}

/** Runs it as soon as no other command changes the platform. @throws what it throws; ToolError STATE_LOCKED after half a day */
async function whenFree<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const end = performance.now() + LOCKED_MS;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const isLocked = error instanceof ToolError && error.code === 'STATE_LOCKED';
      if (!isLocked || signal.aborted || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOCKED_LOOK_MS));
    }
  }
}

/** Makes room for one more. Their names are times. */
function dropOldReports(folder: string): void {
  if (!existsSync(folder)) return;
  const old = readdirSync(folder)
    .sort()
    .slice(0, 1 - MOST_REPORTS);
  for (const name of old) rmSync(join(folder, name), { recursive: true, force: true });
}
