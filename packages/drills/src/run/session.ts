import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ToolError } from '@sbmcrm/errors';
import { keepDrilled, lockState } from '@sbmcrm/local';
import { Interrupted, openPlatform, type Platform, type Progress, type Workspace } from '@sbmcrm/platform';
import { type MeasuredCapacity, REPORT_VERSION, type ReportFile, type RunReport } from '@sbmcrm/report';
import { keepCapacity, keptCapacity, lowered, platformCapacity, rateFor } from '../capacity/platform.ts';
import { machine, versions } from '../environment.ts';
import { AppliedSpec } from './applied-spec.ts';
import { type Drill, settingsOf } from './drill.ts';
import { HEAL_WITHIN_MS } from './heal.ts';
import { emptyReport } from './judge/result.ts';
import { runDrill } from './run-drill.ts';
import type { RunSetting } from './setting.ts';
import { writeReport } from './write-report.ts';

/** Seeds stay whole numbers that are easy to type. */
const LARGEST_SEED = 1_000_000;
/** Trouble that comes back a little later shows in this time. */
const DWELL_MS = 20_000;
/** How often a drill is tried with a lower rate when the one before was too much without any fault. */
const MOST_TRIES = 4;

/** A drill, and keys of the spec to change while it runs, e.g. `{ 'database.replicationMode': 'sync' }`. */
export interface PlannedRun {
  drill: Drill;
  set: Record<string, string>;
}

export interface SessionOptions {
  /** The workspace to run in, looked for once nobody else changes the platform; default: the one given. */
  prepare?: () => Workspace;
  plan: readonly PlannedRun[];
  /** Requests per second. Default: what the machine carries with ease, at most 200. */
  rate?: number | undefined;
  /** The first run's; each repetition of a drill counts on. Default: random. */
  seed?: number | undefined;
  /** How often each drill runs. */
  repeat: number;
  /** Load between a drill's last step and the healing, in milliseconds. */
  dwellMs?: number | undefined;
  /** How long the platform may take to heal by itself, in milliseconds. */
  healWithinMs?: number | undefined;
  /** Default: a folder of its own below the state folder. */
  reportDir?: string | undefined;
  /** A session that was cut: its folder, and what it had. It goes on with its own plan, rate and seeds. */
  resume?: { folder: string; file: ReportFile } | undefined;
  /** As typed, for the report. */
  command: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
  /** Told of each run when it is over. */
  onRun?: (report: RunReport) => void;
}

export interface SessionResult {
  file: ReportFile;
  /** Folder with report.html, report.json and the histories. */
  folder: string;
}

/**
 * Runs drills one after the other, also when one fails: the platform is brought back for the next one. What they changed in the
 * spec is changed back at the end, whatever happens, and the report is written anew after each run.
 *
 * @throws Error in one line when the first drill cannot begin; Interrupted after healing
 */
export async function runDrills(workspace: Workspace, options: SessionOptions): Promise<SessionResult> {
  const unlock = lockState(workspace.paths, 'drill');
  try {
    return await runLocked(options.prepare?.() ?? workspace, options);
  } finally {
    unlock();
  }
}

async function runLocked(workspace: Workspace, options: SessionOptions): Promise<SessionResult> {
  const platform = openPlatform(workspace); // says in one line what is missing
  const { progress, signal } = options;
  const drills = new Map(options.plan.map(({ drill }) => [drill.name, drill]));
  const applied = new AppliedSpec(workspace, progress);
  for (const { drill, set } of options.plan) applied.check({ ...set, ...settingsOf(drill, platform) });
  const { folder, file } = options.resume ?? (await newFile(workspace, platform, options));
  const stamp = stampOf(file.startedAt);
  try {
    if (!options.resume) {
      file.load = await chooseRate(platform, options);
      writeReport(folder, file);
    }
    for (const { drill: name, set, seed } of file.plan.slice(file.runs.length)) {
      const drill = drills.get(name);
      if (!drill) throw new ToolError('NOTHING_TO_RESUME', `this version has no drill ${name}`);
      const current = await applied.change(set);
      const settingOf = (tries: number): RunSetting => ({
        platform: openPlatform(current),
        drill,
        rate: file.load.rate,
        capacity: file.load.capacity?.rate,
        mustCarry: file.load.chosen === 'capacity',
        mayRefuse: isOverload(file.load),
        dwellMs: options.dwellMs ?? DWELL_MS,
        healWithinMs: options.healWithinMs ?? HEAL_WITHIN_MS,
        seed,
        set,
        // A run that was cut left its history, and so does one that was too much: the next try writes one of its own.
        runId: `${stamp}-${file.runs.length + 1}-${name}${options.resume ? `-${stampOf(new Date().toISOString())}` : ''}${tries > 1 ? `-try${tries}` : ''}`,
        folder,
        progress,
        signal,
      });
      let report: RunReport;
      try {
        report = await runDrill(settingOf(1));
        for (let tries = 2; report.unfit && tries <= MOST_TRIES; tries++) {
          lowerRate(platform, file, report.reason ?? '');
          report = await runDrill(settingOf(tries));
        }
      } catch (error) {
        // The first one says what is wrong; a later one may suffer from the one before.
        if (error instanceof Interrupted || file.runs.length === 0) throw error;
        report = emptyReport(settingOf(1), 'void', (error as Error).message);
      }
      if (report.verdict === 'pass' && report.recovery.promotedMs !== undefined) keepDrilled(workspace.paths);
      file.runs.push(report);
      file.finishedAt = new Date().toISOString();
      writeReport(folder, file);
      options.onRun?.(report);
      const isWhole = report.verdict === 'skipped' || report.unfit || report.recovery.healMs !== null;
      // What cannot be mended keeps the next drill from beginning, which then says why.
      if (!isWhole) await applied.mend(set).catch(() => {});
    }
  } finally {
    await applied.restore();
  }
  return { file, folder };
}

/** A new session's folder and the file that it fills. */
async function newFile(
  workspace: Workspace,
  platform: Platform,
  options: SessionOptions,
): Promise<{ folder: string; file: ReportFile }> {
  const startedAt = new Date().toISOString();
  const folder = resolve(options.reportDir ?? join(workspace.paths.root, 'reports', stampOf(startedAt)));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  const file: ReportFile = {
    version: REPORT_VERSION,
    command: options.command,
    startedAt,
    finishedAt: '',
    machine: machine(),
    versions: await versions(),
    specFile: workspace.specFile,
    specText: readFileSync(workspace.specFile, 'utf8'),
    load: { rate: options.rate ?? 0, chosen: options.rate === undefined ? 'capacity' : 'asked' },
    plan: options.plan.flatMap(({ drill, set }) =>
      Array.from({ length: options.repeat }, (_, n) => ({
        drill: drill.name,
        set: { ...set, ...settingsOf(drill, platform) },
        seed: seed + n,
      })),
    ),
    runs: [],
  };
  return { folder, file };
}

/** The rate that was asked for, or what the platform carries with ease on this machine. */
async function chooseRate(platform: Platform, { rate, progress, signal }: SessionOptions): Promise<ReportFile['load']> {
  const known = keptCapacity(platform);
  if (rate !== undefined) return { rate, chosen: 'asked', ...(known ? { capacity: known } : {}) };
  const capacity: MeasuredCapacity = await platformCapacity(platform, { progress, signal });
  return { rate: rateFor(capacity), chosen: 'capacity', capacity };
}

/** The platform carries less than it was found to: this session and the next ones go on with that. */
function lowerRate(platform: Platform, file: ReportFile, because: string): void {
  const { capacity } = file.load;
  if (!capacity) return;
  const less = lowered(capacity, because);
  keepCapacity(platform, less);
  file.load = { ...file.load, rate: rateFor(less), capacity: less };
}

/** More than a drill asks for by itself: then refusals are what the run is about. */
function isOverload({ rate, capacity }: ReportFile['load']): boolean {
  return capacity !== undefined && !capacity.atLeast && rate > capacity.rate;
}

function stampOf(iso: string): string {
  return iso.replace(/[-:]|\.\d+Z$/g, '');
}
