import { ToolError } from '@sbmcrm/errors';
/** One thing that is wrong with a spec, at its place. */
export interface SpecProblem {
  /** Where in the spec, such as `application.instances[0].zone`; empty for the file as a whole. */
  path: string;
  /** From 1; 0 when the problem has no place in the text. */
  line: number;
  /** From 1; 0 when the problem has no place in the text. */
  column: number;
  /** What is wrong, on one line. */
  message: string;
  /** The value that is wrong, where there is one. */
  value?: unknown;
  /** What was probably meant. */
  hint?: string;
}

/** A spec that cannot be used. The message has one line for each problem, up to 20. */
export class SpecError extends ToolError {
  override readonly name = 'SpecError';
  /** The file as the reader knows it. */
  readonly file: string;
  /** Every problem, in the order of the file. */
  readonly problems: readonly SpecProblem[];

  constructor(file: string, problems: readonly SpecProblem[]) {
    super('BAD_SPEC', formatProblems(file, problems, DEFAULT_LIMIT));
    this.file = file;
    this.problems = problems;
  }
}

/** More lines than this scroll the first ones, which matter most, off the screen. */
const DEFAULT_LIMIT = 20;

/**
 * The problems of a spec as text, one line each: `sbmcrm.yaml:12:5 database.pool.max: "twenty" is not …`.
 *
 * @param options.limit how many problems to show (default 20); the rest is counted in a last line
 */
export function formatSpecError(error: SpecError, { limit = DEFAULT_LIMIT }: { limit?: number } = {}): string {
  return formatProblems(error.file, error.problems, limit);
}

/** A problem of the file, not of a place in it. */
export function wholeFile(message: string): SpecProblem {
  return { path: '', line: 0, column: 0, message };
}

function formatProblems(file: string, problems: readonly SpecProblem[], limit: number): string {
  const lines = problems.slice(0, limit).map((problem) => formatProblem(file, problem));
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`… and ${more} more (sbmcrm check --json lists all)`);
  return lines.join('\n');
}

function formatProblem(file: string, { path, line, column, message, hint }: SpecProblem): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  const text = hint === undefined ? message : `${message}, ${hint}`;
  if (path !== '') return `${place} ${path}: ${text}`;
  return line > 0 ? `${place} ${text}` : `${place}: ${text}`;
}
