import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { allDrills, chooseDrills, cutSession, runDrills, soakRuns } from '@sbmcrm/drills';
import { openPlatform } from '@sbmcrm/platform';
import { type ReportFile, type RunReport, summaryText } from '@sbmcrm/report';
import type { Command } from 'commander';
import { interruptSignal, progressOf, workspaceOf } from '../context.ts';
import { DWELL_BOUNDS_MS, durationOption } from '../durations.ts';
import { EXIT, UsageError } from '../exit.ts';
import { globalOptions, print } from '../options.ts';
import { table } from '../text/table.ts';

interface RunOptions {
  rate?: number;
  seed?: number;
  repeat: number;
  report?: string;
  dwell: string;
  healWithin: string;
  resume: boolean;
  set: Record<string, string>;
}

type SoakOptions = Omit<RunOptions, 'repeat'> & { faults: number };

/** Seeds stay whole numbers that are easy to type. */
const LARGEST_SEED = 1_000_000;
const HEAL_BOUNDS_MS = [1000, 3_600_000] as const;

export async function runDrillList(_options: unknown, command: Command): Promise<void> {
  const drills = (await allDrills()).map(({ name, title, knownLimit, isRandom }) => ({
    name,
    title: isRandom ? `${title} (not part of all: see drill soak)` : title,
    ...(knownLimit === undefined ? {} : { knownLimit }),
  }));
  const lines = drills.map(({ name, title, knownLimit }) => [
    name,
    knownLimit === undefined ? title : `${title} (not part of all: ${knownLimit})`,
  ]);
  print(command, drills, table([['DRILL', 'WHAT HAPPENS'], ...lines]));
}

export async function runDrillRun(names: string[], options: RunOptions, command: Command): Promise<void> {
  const workspace = workspaceOf(command);
  if (names.length === 0 && !options.resume) throw new UsageError('name a drill, or all (see `sbmcrm drill list`)');
  const known = await allDrills();
  const drills = chooseDrills(known, names);
  const chosen = drills.map(({ name }) => name);
  const reports = join(workspace.paths.root, 'reports');
  const resume = options.resume ? cutSession(reports, options.report, chosen, names) : undefined;
  const planned = resume?.file.plan.map(({ drill }) => drill);
  const resumed = planned ? chooseDrills(known, planned) : drills;
  const { file, folder } = await runDrills(workspace, {
    rate: options.rate,
    seed: options.seed,
    repeat: options.repeat,
    plan: resumed.map((each) => ({ drill: each, set: options.set })),
    dwellMs: durationOption('--dwell', options.dwell, DWELL_BOUNDS_MS),
    healWithinMs: durationOption('--heal-within', options.healWithin, HEAL_BOUNDS_MS),
    reportDir: options.report,
    resume,
    command: commandLine(names, options),
    progress: progressOf(command),
    signal: interruptSignal(),
    onRun: (report) => {
      if (globalOptions(command).json) console.log(JSON.stringify(withoutSeries(report)));
    },
  });
  if (!globalOptions(command).json) console.log(resultText(file, folder));
  if (file.runs.some(({ verdict }) => verdict === 'fail' || verdict === 'void')) process.exitCode = EXIT.failed;
}

/** As many runs of the drill `soak` as have so many faults together. */
export async function runDrillSoak(options: SoakOptions, command: Command): Promise<void> {
  const { faults, ...rest } = options;
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  const repeat = soakRuns(seed, faults, openPlatform(workspaceOf(command)).topology.hosts);
  if (repeat === 0) throw new UsageError('no part of this platform has a second member: nothing would be survived');
  // What is acknowledged may be lost otherwise, and how much that is tells nothing.
  const set = { 'database.replicationMode': 'sync', ...options.set };
  return runDrillRun(['soak'], { ...rest, seed, repeat, set }, command);
}

/** The command as somebody else would type it. */
function commandLine(names: readonly string[], { repeat, rate, seed, set, dwell }: RunOptions): string {
  return [
    'sbmcrm drill run',
    ...names,
    ...(repeat === 1 ? [] : [`--repeat ${repeat}`]),
    ...(rate === undefined ? [] : [`--rate ${rate}`]),
    ...(dwell === '20s' ? [] : [`--dwell ${dwell}`]),
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
    ...Object.entries(set).map(([key, value]) => `--set ${key}=${value}`),
  ].join(' ');
}

/** What a drill prints with --json: the course of the load is in report.json. */
function withoutSeries({ series: _series, ...report }: RunReport): Omit<RunReport, 'series'> {
  return report;
}

function resultText(file: ReportFile, folder: string): string {
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return `${summaryText(file, { color })}\n\nreport: ${folder}/report.html`;
}
