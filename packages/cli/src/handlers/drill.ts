import {
  allDrills,
  chooseDrills,
  type ReportFile,
  type RunReport,
  runDrills,
  summaryText,
  UnknownDrillError,
} from '@sbmcrm/drills';
import type { Command } from 'commander';
import { globalOptions, interruptSignal, print, progressOf, workspaceOf } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import { table } from '../table.ts';

interface RunOptions {
  rate: number;
  seed?: number;
  repeat: number;
  report?: string;
  set: Record<string, string>;
}

export async function runDrillList(_options: unknown, command: Command): Promise<void> {
  const drills = (await allDrills()).map(({ name, title }) => ({ name, title }));
  print(command, drills, table([['DRILL', 'WHAT HAPPENS'], ...drills.map(({ name, title }) => [name, title])]));
}

export async function runDrillRun(names: string[], options: RunOptions, command: Command): Promise<void> {
  const drills = await chosen(names);
  const { file, folder } = await runDrills(workspaceOf(command), {
    ...options,
    plan: drills.map((each) => ({ drill: each, set: options.set })),
    reportDir: options.report,
    command: commandLine(names, options),
    progress: progressOf(command),
    signal: interruptSignal(),
    onRun: (report) => {
      if (globalOptions(command).json) console.log(JSON.stringify(withoutSeries(report)));
    },
  });
  if (!globalOptions(command).json) console.log(resultText(file, folder));
  if (file.runs.some((report) => report.verdict === 'fail')) process.exitCode = EXIT.failed;
}

async function chosen(names: readonly string[]): ReturnType<typeof allDrills> {
  try {
    return chooseDrills(await allDrills(), names);
  } catch (error) {
    throw error instanceof UnknownDrillError ? new UsageError(error.message) : error;
  }
}

/** The command as somebody else would type it. */
function commandLine(names: readonly string[], { repeat, rate, seed, set }: RunOptions): string {
  return [
    'sbmcrm drill run',
    ...names,
    ...(repeat === 1 ? [] : [`--repeat ${repeat}`]),
    ...(rate === 200 ? [] : [`--rate ${rate}`]),
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
