import { readFileSync, statSync } from 'node:fs';
import { isMap, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { knownKeys, specJsonSchema } from './json-schema.ts';
import { formatPath, Locator, type SpecPath } from './locate.ts';
import { nearest } from './nearest.ts';
import { type Spec, specSchema } from './schema.ts';
import { SpecError, type SpecProblem } from './spec-error.ts';
import { show } from './text.ts';

/** A spec has a few kilobytes; what is larger is another file. */
const MOST_BYTES = 1024 * 1024;

/** Aliases are welcome, a few kilobytes that unfold to gigabytes are not. */
const MOST_ALIASES = 100;

/**
 * Reads, checks and completes a spec file.
 *
 * @param path relative to the current directory, or absolute; errors name the file as it is given here
 * @throws SpecError with every problem found, each with its line and column
 */
export function loadSpec(path: string): Spec {
  return parseSpec(readSpecFile(path), path);
}

/**
 * Checks and completes a spec given as YAML text.
 *
 * @param fileName how errors name the text
 * @throws SpecError with every problem found, each with its line and column
 */
export function parseSpec(text: string, fileName: string): Spec {
  const { value, locator } = parseYaml(text, fileName);
  const result = specSchema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new SpecError(fileName, inOrder(result.error.issues.flatMap((issue) => problemsOf(issue, locator))));
}

function readSpecFile(path: string): string {
  const refuse = (message: string) => new SpecError(path, [wholeFile(message)]);
  try {
    const file = statSync(path);
    if (file.isDirectory()) throw refuse('is a directory, not a spec file');
    if (file.size > MOST_BYTES) throw refuse(tooLarge(file.size));
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof SpecError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw refuse('no such file (name another with --spec FILE)');
    if (code === 'EACCES') throw refuse('may not be read: permission denied');
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw refuse('is not UTF-8 text');
    throw refuse(`cannot be read: ${(error as Error).message}`);
  }
}

function parseYaml(text: string, fileName: string): { value: unknown; locator: Locator } {
  const refuse = (...problems: SpecProblem[]) => new SpecError(fileName, problems);
  if (Buffer.byteLength(text) > MOST_BYTES) throw refuse(wholeFile(tooLarge(Buffer.byteLength(text))));

  const lines = new LineCounter();
  const document = attempt(() => parseDocument(text, { lineCounter: lines, prettyErrors: false }));
  if (document instanceof Error) throw refuse(wholeFile('is nested too deeply'));
  const locator = new Locator(document, lines);

  // A warning is a tag that nobody knows: as wrong in a spec as a syntax error.
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.map((fault) => ({
      path: '',
      ...locator.position(fault.pos[0]),
      message: yamlMessage(fault.message),
    }));
    throw refuse(...inOrder(problems));
  }

  if (document.contents === null) {
    throw refuse({ path: '', line: 1, column: 1, message: 'the file is empty: a spec begins with `platform: sbmcrm`' });
  }
  const value = attempt(() => document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown);
  if (value instanceof Error) {
    const message =
      value instanceof ReferenceError ? 'the aliases (*name) unfold to far too much' : 'is nested too deeply';
    throw refuse(wholeFile(message));
  }
  if (!isMap(document.contents)) {
    throw refuse({
      path: '',
      ...locator.value([]),
      message: `expected keys such as platform and database, not ${show(value)}`,
    });
  }
  return { value, locator };
}

/** The YAML library says these in its own vocabulary. */
function yamlMessage(message: string): string {
  const [line = message] = message.split('\n');
  if (line.startsWith('Map keys must be unique')) return 'the key stands here for the second time in its block';
  return `not valid YAML: ${line}`;
}

function problemsOf(issue: z.core.$ZodIssue, locator: Locator): SpecProblem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue.path, locator));
  const { input } = issue as { input?: unknown };
  const hint =
    issue.code === 'invalid_value' && typeof input === 'string' ? didYouMean(input, issue.values.map(String)) : {};
  const value = issue.code === 'custom' ? {} : { value: input };
  return [{ path: formatPath(issue.path), ...locator.value(issue.path), message: issue.message, ...value, ...hint }];
}

function unknownKey(key: string, block: SpecPath, locator: Locator): SpecProblem {
  const known = knownKeys(specJsonSchema(), block);
  const path = [...block, key];
  const hint = { hint: `the keys here are ${known.join(', ')}`, ...didYouMean(key, known) };
  return { path: formatPath(path), ...locator.key(path), message: `unknown key ${show(key)}`, ...hint };
}

function didYouMean(word: string, candidates: readonly string[]): { hint?: string } {
  const meant = nearest(word, candidates);
  return meant === undefined ? {} : { hint: `did you mean "${meant}"?` };
}

/** In the order of the file; a value that breaks two bounds of one rule is named once. */
function inOrder(problems: readonly SpecProblem[]): SpecProblem[] {
  const unique = new Map(
    problems.map((problem) => [`${problem.path}\n${problem.line}\n${problem.column}\n${problem.message}`, problem]),
  );
  return [...unique.values()].sort((one, other) => one.line - other.line || one.column - other.column);
}

const wholeFile = (message: string): SpecProblem => ({ path: '', line: 0, column: 0, message });

const tooLarge = (bytes: number) => `is too large for a spec: ${bytes} bytes, at most ${MOST_BYTES}`;

/** The YAML library recurses, so hostile nesting ends in a RangeError. */
function attempt<Value>(action: () => Value): Value | Error {
  try {
    return action();
  } catch (error) {
    return error as Error;
  }
}
