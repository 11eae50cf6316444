import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFileAtomic } from '@sbmcrm/local';
import { folderOf, type Progress, up, type Workspace } from '@sbmcrm/platform';
import { parseSpec } from '@sbmcrm/spec';
import { parse, parseDocument } from 'yaml';

/** Steps within a step are notes. */
function quiet(note: (text: string) => void): Progress {
  return {
    step: (title, task) => {
      note(title);
      return task(note);
    },
  };
}

/**
 * The spec that the platform follows: the user's, or a copy with some keys changed for a while. Whoever makes one has the platform's
 * lock: that copy is one file, for one session.
 */
export class AppliedSpec {
  readonly #workspace: Workspace;
  readonly #progress: Progress;
  readonly #original: string;
  /** As JSON; it tells whether there is anything to change. Empty: not known. */
  #current: string;

  constructor(workspace: Workspace, progress: Progress) {
    this.#workspace = workspace;
    this.#progress = progress;
    this.#original = readFileSync(workspace.specFile, 'utf8');
    // A session that was killed left its copy: the platform may still follow it.
    this.#current = existsSync(this.#file) ? '' : this.#meaning(this.#original);
  }

  get #file(): string {
    return this.#workspace.paths.drillSpec;
  }

  #meaning(text: string): string {
    return JSON.stringify(parseSpec(text, this.#workspace.specFile));
  }

  /** @throws SpecError for a key or value that the spec does not know, before anything is done */
  check(set: Record<string, string>): void {
    this.#meaning(withSettings(this.#original, set));
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
    const workspace = isOriginal
      ? this.#workspace
      : { ...this.#workspace, folder: folderOf(this.#workspace), specFile: this.#file };
    if (meaning === this.#current) return workspace;
    if (!isOriginal) writeFileAtomic(this.#file, text);
    // From here on the platform may follow it, also if this is cut short.
    this.#current = meaning;
    const keys = Object.entries(set).map(([key, value]) => `${key}=${value}`);
    await this.#up(workspace, isOriginal ? 'Change the spec back' : `Change the spec: ${keys.join(', ')}`);
    return workspace;
  }

  /** Brings back what a drill left broken, by the spec that the platform follows now. @throws Error in one line */
  async mend(set: Record<string, string>): Promise<void> {
    await this.#up(await this.change(set), 'Bring the platform back');
  }

  async restore(): Promise<void> {
    await this.change({});
    rmSync(this.#file, { force: true });
  }

  async #up(workspace: Workspace, title: string): Promise<void> {
    await this.#progress.step(title, (note) =>
      up(workspace, { install: false, force: true, isLocked: true, progress: quiet(note) }),
    );
  }
}

/** A spec's text with some keys changed; comments stay. @param set `{ 'database.replicationMode': 'sync' }` */
export function withSettings(text: string, set: Record<string, string>): string {
  if (Object.keys(set).length === 0) return text;
  const document = parseDocument(text);
  for (const [key, value] of Object.entries(set)) document.setIn(key.split('.'), parse(value));
  return document.toString({ lineWidth: 0 });
}
