import {
  allDrills,
  chooseDrills,
  type ReportFile,
  type RunReport,
  runDrills,
  summaryText,
  UnknownDrillError,
} from '@sbmcrm/drills';
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, globalOptions, interruptSignal, print, progressOf, UsageError, workspaceOf } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { table } from '../table.ts';

/** Above this the load itself would need more than this machine's cores. */
const MOST_RATE = 5000;
const MOST_REPEATS = 1000;

function setting(text: string, before: Record<string, string>): Record<string, string> {
  const [, key, value] = /^([A-Za-z0-9_.]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError('give KEY=VALUE, e.g. database.replicationMode=sync');
  return { ...before, [key]: value };
}

interface RunOptions {
  rate: number;
  seed?: number;
  repeat: number;
  report?: string;
  set: Record<string, string>;
}

export function registerDrill(program: Command): void {
  const drill = program
    .command('drill')
    .description('failover tests with steady load: what is lost, for how long, and is it all there');

  drill
    .command('list')
    .description('the drills there are')
    .action(async (_options: unknown, command: Command) => {
      const drills = (await allDrills()).map(({ name, title }) => ({ name, title }));
      print(command, drills, table([['DRILL', 'WHAT HAPPENS'], ...drills.map(({ name, title }) => [name, title])]));
    });

  drill
    .command('run')
    .description('run drills on the platform that is up, one after the other; exit code 1 when one fails')
    .argument('<name...>', 'as `drill list` shows them, or all')
    .option('--repeat <n>', 'run each so many times', wholeNumber(MOST_REPEATS), 1)
    .option('--rate <n>', 'requests per second', wholeNumber(MOST_RATE), 200)
    .option('--seed <n>', 'the same load again (default: random)', wholeNumber(2 ** 31))
    .option('--report <dir>', 'where report.html, report.json and the histories go (default: below the state folder)')
    .option('--set <key=value>', 'change the spec while it lasts; may be given several times', setting, {})
    .addHelpText(
      'after',
      '\nExamples:\n  sbmcrm drill run database-host-loss\n  sbmcrm drill run all --set database.replicationMode=sync\n  sbmcrm drill run zone-loss-a load-balancer-loss --repeat 5 --report /tmp/report',
    )
    .action(async (names: string[], options: RunOptions, command: Command) => {
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
    });
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
