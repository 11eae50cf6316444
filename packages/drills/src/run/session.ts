import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockState, writeFileAtomic } from '@sbmcrm/local';
import { openPlatform, type Progress, up, type Workspace } from '@sbmcrm/platform';
import { parseSpec } from '@sbmcrm/spec';
import { parse, parseDocument } from 'yaml';
import { machine, versions } from '../report/environment.ts';
import type { ReportFile, RunReport } from '../report/types.ts';
import { writeReport } from '../report/write.ts';
import type { Drill } from './drill.ts';
import { runDrill } from './run.ts';

/** Seeds stay whole numbers that are easy to type. */
const LARGEST_SEED = 1_000_000;

/** A drill, and keys of the spec to change while it runs, e.g. `{ 'database.replicationMode': 'sync' }`. */
export interface PlannedRun {
  drill: Drill;
  set: Record<string, string>;
}

export interface SessionOptions {
  plan: readonly PlannedRun[];
  /** Requests per second. */
  rate: number;
  /** The first run's; each repetition of a drill counts on. Default: random. */
  seed?: number | undefined;
  /** How often each drill runs. */
  repeat: number;
  /** Default: a folder of its own below the state folder. */
  reportDir?: string | undefined;
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
 * Runs drills one after the other. What they changed in the spec is changed back at the end, whatever happens, and the report
 * is written anew after each run.
 *
 * @throws Error in one line when a drill cannot begin; Interrupted after healing
 */
export async function runDrills(workspace: Workspace, options: SessionOptions): Promise<SessionResult> {
  const { paths, specFile } = workspace;
  openPlatform(workspace); // says in one line what is missing
  const startedAt = new Date();
  const stamp = startedAt.toISOString().replace(/[-:]|\.\d+Z$/g, '');
  const folder = resolve(options.reportDir ?? join(paths.root, 'reports', stamp));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  const applied = new AppliedSpec(workspace, options.progress);
  const file: ReportFile = {
    version: 1,
    command: options.command,
    startedAt: startedAt.toISOString(),
    finishedAt: '',
    machine: machine(),
    versions: await versions(),
    specFile,
    specText: readFileSync(specFile, 'utf8'),
    runs: [],
  };
  try {
    for (const { drill, set: wanted } of options.plan) {
      for (let n = 0; n < options.repeat; n++) {
        const set = { ...wanted, ...drill.set };
        const current = await applied.change(set);
        const unlock = lockState(paths, 'drill');
        try {
          const report = await runDrill({
            platform: openPlatform(current),
            drill,
            rate: options.rate,
            seed: seed + n,
            set,
            runId: `${stamp}-${file.runs.length + 1}-${drill.name}`,
            folder,
            progress: options.progress,
            signal: options.signal,
          });
          file.runs.push(report);
          options.onRun?.(report);
        } finally {
          unlock();
        }
        file.finishedAt = new Date().toISOString();
        writeReport(folder, file);
      }
    }
  } finally {
    await applied.restore();
  }
  return { file, folder };
}

/** Steps within a step are notes. */
function quiet(note: (text: string) => void): Progress {
  return {
    step: (title, task) => {
      note(title);
      return task(note);
    },
  };
}

/** The spec that the platform follows: the user's, or a copy with some keys changed for a while. */
class AppliedSpec {
  readonly #workspace: Workspace;
  readonly #progress: Progress;
  readonly #original: string;
  /** As JSON; it tells whether there is anything to change. */
  #current: string;

  constructor(workspace: Workspace, progress: Progress) {
    this.#workspace = workspace;
    this.#progress = progress;
    this.#original = readFileSync(workspace.specFile, 'utf8');
    this.#current = this.#meaning(this.#original);
  }

  get #file(): string {
    return join(this.#workspace.paths.root, 'drill-spec.yaml');
  }

  #meaning(text: string): string {
    return JSON.stringify(parseSpec(text, this.#workspace.specFile));
  }

  /**
   * Makes the platform follow the spec with these keys changed.
   *
   * @returns the workspace with that spec
   * @throws SpecError for a key or value that the spec does not know
   */
  async change(set: Record<string, string>): Promise<Workspace> {
    const text = withSettings(this.#original, set);
    const meaning = this.#meaning(text);
    const isOriginal = meaning === this.#meaning(this.#original);
    const workspace = isOriginal ? this.#workspace : { ...this.#workspace, specFile: this.#file };
    if (meaning === this.#current) return workspace;
    if (!isOriginal) writeFileAtomic(this.#file, text);
    // From here on the platform may follow it, also if this is cut short.
    this.#current = meaning;
    const keys = Object.entries(set).map(([key, value]) => `${key}=${value}`);
    const title = isOriginal ? 'Change the spec back' : `Change the spec: ${keys.join(', ')}`;
    await this.#progress.step(title, (note) => up(workspace, { install: false, force: true, progress: quiet(note) }));
    return workspace;
  }

  async restore(): Promise<void> {
    await this.change({});
    rmSync(this.#file, { force: true });
  }
}

/** A spec's text with some keys changed; comments stay. @param set `{ 'database.replicationMode': 'sync' }` */
export function withSettings(text: string, set: Record<string, string>): string {
  if (Object.keys(set).length === 0) return text;
  const document = parseDocument(text);
  for (const [key, value] of Object.entries(set)) document.setIn(key.split('.'), parse(value));
  return document.toString({ lineWidth: 0 });
}
