import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { knownKeys, specJsonSchema } from './json-schema.ts';
import { nearest } from './nearest.ts';
import { type Spec, specSchema } from './schema.ts';
import { SpecError, type SpecProblem, wholeFile } from './spec-error.ts';
import { masked, show } from './text.ts';
import { formatPath, type Locator, type SpecPath } from './yaml/locate.ts';
import { parseYaml, sizeProblem } from './yaml/text.ts';

/**
 * Reads, checks and completes a spec file.
 *
 * @param path relative to the current directory, or absolute; errors name the file as it is given here
 * @throws SpecError with every problem found, each with its line and column
 */
export function loadSpec(path: string): Spec {
  return parseSpec(readSpecText(path), path);
}

/**
 * Checks and completes a spec given as YAML text.
 *
 * @param fileName how errors name the text
 * @throws SpecError with every problem found, each with its line and column
 */
export function parseSpec(text: string, fileName: string): Spec {
  const { value, locator, repeatedKeys } = parseYaml(text, fileName);
  const result = specSchema.safeParse(value, { reportInput: true });
  if (result.success && repeatedKeys.length === 0) return result.data;
  const problems = result.error ? result.error.issues.flatMap((issue) => problemsOf(issue, locator)) : [];
  throw new SpecError(fileName, inOrder([...repeatedKeys, ...problems]));
}

/** The text of a spec file or pipe. @throws SpecError when it cannot be read or is no text of a spec's size */
export function readSpecText(path: string): string {
  const refuse = (problem: SpecProblem) => new SpecError(path, [problem]);
  try {
    const file = statSync(path);
    // A device may never end; a pipe (`--spec <(…)`) does.
    if (!file.isFile() && !file.isFIFO()) {
      throw refuse(wholeFile(`is a ${file.isDirectory() ? 'directory' : 'device'}, not a spec file`));
    }
    const tooLarge = sizeProblem(file.size);
    if (tooLarge) throw refuse(tooLarge);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof SpecError) throw error;
    throw refuse(wholeFile(fileErrors[String((error as NodeJS.ErrnoException).code)] ?? `cannot be read: ${error}`));
  }
}

const fileErrors: Record<string, string> = {
  ENOENT: 'no such file (name another with --spec FILE)',
  ENOTDIR: 'no such file (name another with --spec FILE)',
  EACCES: 'may not be read: permission denied',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
};

function problemsOf(issue: z.core.$ZodIssue, locator: Locator): SpecProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, path, locator);
  const { input } = issue as { input?: unknown };
  // A rule about several keys has their whole block as input, which says nothing.
  const value = input !== undefined && !(typeof input === 'object' && input !== null) ? { value: masked(input) } : {};
  const choices = issue.code === 'invalid_value' && issue.values.length > 1 ? issue.values.map(String) : [];
  const hint = typeof input === 'string' ? didYouMean(input, choices) : {};
  return [{ path: formatPath(path), ...locator.value(path), message: issue.message, ...value, ...hint }];
}

function unknownKeys(keys: readonly string[], block: SpecPath, locator: Locator): SpecProblem[] {
  const known = knownKeys(specJsonSchema(), block);
  return keys.map((key) => {
    const path = [...block, key];
    const hint = { hint: `the keys here are ${known.join(', ')}`, ...didYouMean(key, known) };
    return { path: formatPath(path), ...locator.key(path), message: `unknown key ${show(key)}`, ...hint };
  });
}

function didYouMean(word: string, candidates: readonly string[]): { hint?: string } {
  const meant = nearest(word, candidates);
  return meant === undefined ? {} : { hint: `did you mean "${meant}"?` };
}

/** In the order of the file; a value that breaks two bounds of one rule is named once. */
function inOrder(problems: readonly SpecProblem[]): SpecProblem[] {
  const unique = new Map(
    problems.map((problem) => [JSON.stringify([problem.path, problem.message, problem.line]), problem]),
  );
  return [...unique.values()].sort((one, other) => one.line - other.line || one.column - other.column);
}
