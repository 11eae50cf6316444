import { allDrills, chooseDrills, runDrills } from '@sbmcrm/drills';
import { up } from '@sbmcrm/platform';
import { verdictPage } from '@sbmcrm/report';
import type { Command } from 'commander';
import { interruptSignal, progressOf, vetOf, workspaceOf } from '../context.ts';
import { DWELL_BOUNDS_MS, durationOption } from '../durations.ts';
import { EXIT } from '../exit.ts';
import { globalOptions } from '../options.ts';

const DRILL = 'database-host-loss';
const MODES = ['async', 'sync'];

export async function runDemo(
  options: { rate?: number; report?: string; dwell: string },
  command: Command,
): Promise<void> {
  const { rate, report } = options;
  const dwellMs = durationOption('--dwell', options.dwell, DWELL_BOUNDS_MS);
  const workspace = workspaceOf(command);
  const progress = progressOf(command);
  const signal = interruptSignal();
  const { json } = globalOptions(command);
  await up(workspace, { progress, signal, install: true, force: false, vet: vetOf(workspace.specFile) });
  const drills = chooseDrills(await allDrills(), [DRILL]);
  const { file, folder } = await runDrills(workspace, {
    plan: MODES.flatMap((mode) => drills.map((drill) => ({ drill, set: { 'database.replicationMode': mode } }))),
    rate,
    dwellMs,
    repeat: 1,
    reportDir: report,
    command: 'sbmcrm demo',
    progress,
    signal,
  });
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  console.log(json ? JSON.stringify(file) : `\n${verdictPage(file, { color })}\n\nreport: ${folder}/report.html`);
  if (file.runs.some((run) => run.verdict === 'fail' || run.verdict === 'void')) process.exitCode = EXIT.failed;
}
