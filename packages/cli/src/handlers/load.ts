import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { keepCapacity, type LoadRun, platformCapacity, rateFor, runLoadFor, searchCapacity } from '@sbmcrm/drills';
import { openPlatform, type Platform } from '@sbmcrm/platform';
import type { MeasuredCapacity } from '@sbmcrm/report';
import type { Command } from 'commander';
import { interruptSignal, progressOf, workspaceOf } from '../context.ts';
import { durationOption } from '../durations.ts';
import { EXIT, UsageError } from '../exit.ts';
import { print } from '../options.ts';
import { table } from '../text/table.ts';

interface LoadOptions {
  rate?: number;
  for: string;
  findMax: boolean;
  seed?: number;
  history?: string;
}

const SHORTEST_MS = 1000;
const LONGEST_MS = 24 * 3_600_000;
/** Above this the load itself needs more than this machine's cores. */
const MOST_RATE = 5000;
const PASSES = 3;

export async function runLoad(options: LoadOptions, command: Command): Promise<void> {
  if (options.findMax && options.rate !== undefined) {
    throw new UsageError('--find-max looks for the rate itself: leave out --rate');
  }
  if (options.findMax && options.history !== undefined) {
    throw new UsageError('--history keeps one load: leave out --find-max');
  }
  const historyFile = options.history === undefined ? undefined : resolve(options.history);
  if (historyFile !== undefined && existsSync(historyFile)) {
    throw new UsageError(`--history ${options.history}: it exists already, give another file`);
  }
  if (historyFile !== undefined && !isFolder(dirname(historyFile))) {
    throw new UsageError(`--history ${options.history}: there is no folder ${dirname(historyFile)}`);
  }
  const forMs = durationOption('--for', options.for, [SHORTEST_MS, LONGEST_MS]);
  const platform = openPlatform(workspaceOf(command));
  const run = { progress: progressOf(command), signal: interruptSignal() };
  if (options.findMax) return findMax(platform, run, command);
  const rate = options.rate ?? rateFor(await platformCapacity(platform, run));
  const done = await runLoadFor(platform, { ...run, rate, forMs, seed: options.seed, historyFile });
  print(command, done, loadText(done));
  // Ctrl-C ends it early, and what was measured until then is still printed.
  if (done.failed > 0 || done.void !== undefined) process.exitCode = EXIT.failed;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function findMax(
  platform: Platform,
  run: { progress: ReturnType<typeof progressOf>; signal: AbortSignal },
  command: Command,
): Promise<void> {
  const found = await searchCapacity(platform, { ...run, enough: MOST_RATE, passes: PASSES });
  keepCapacity(platform, found);
  print(command, { ...found, defaultRate: rateFor(found) }, capacityText(found));
}

function capacityText(found: MeasuredCapacity): string {
  const [low, high] = found.spread;
  const busy = found.busy.map(({ name, cores }) => [name, `${Math.round(cores * 100)} %`]);
  const used = found.busy.reduce((sum, { cores }) => sum + cores, 0);
  return [
    `capacity   ${found.rate} requests/s (${low} to ${high} in ${PASSES} passes; p99 ≤ 1 s, none failed or refused)`,
    `drills     run at ${rateFor(found)} requests/s unless told otherwise`,
    `busy       ${used.toFixed(1)} of ${found.cores} cores at the highest rate that held, in shares of one core:`,
    table(busy)
      .split('\n')
      .map((line) => `           ${line}`)
      .join('\n'),
  ].join('\n');
}

function loadText(done: LoadRun): string {
  const { p50, p95, p99, max } = done.latencyMs;
  const ms = (value: number | null) => (value === null ? '–' : `${Math.round(value)}`);
  const { eventLoopDelayMs, mostInFlight, maxSockets } = done.generator ?? {};
  return [
    `sent       ${done.sent} requests in ${done.seconds} s at ${done.rate}/s`,
    `answered   ${done.ok} as expected (${done.goodput}/s), ${done.refused} refused, ${done.failed} failed, ${done.retried} sent again`,
    `latency    p50 ${ms(p50)} ms, p95 ${ms(p95)} ms, p99 ${ms(p99)} ms, max ${ms(max)} ms`,
    `load       ${done.late} sent late, event loop at most ${eventLoopDelayMs?.max ?? '?'} ms late, at most ${mostInFlight ?? '?'} of ${maxSockets ?? '?'} under way`,
    ...Object.entries(done.ends).map(([end, count]) => `           ${count} ${end}`),
    ...(done.problem ? [`problem    ${done.problem}`] : []),
    ...(done.void ? [`void       ${done.void}`] : []),
  ].join('\n');
}
