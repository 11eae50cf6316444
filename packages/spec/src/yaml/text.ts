import { LineCounter, parseDocument } from 'yaml';
import { SpecError, type SpecProblem, wholeFile } from '../spec-error.ts';
import { show } from '../text.ts';
import { inspectKeys } from './keys.ts';
import { Locator, positionOf } from './locate.ts';

/** A spec has a few kilobytes; what is larger is another file. */
const MOST_BYTES = 1024 * 1024;

/** Aliases are welcome, a few kilobytes that unfold to gigabytes are not. */
const MOST_ALIASES = 100;

export interface YamlText {
  /** Plain objects, lists and scalars. */
  value: unknown;
  locator: Locator;
  /** Keys that stand twice in one block: the text can be read, but not be meant. */
  repeatedKeys: SpecProblem[];
}

/**
 * Reads YAML 1.2 and remembers what stands where.
 *
 * @throws SpecError when the text is too large, is no YAML, or is not a block of keys
 */
export function parseYaml(text: string, fileName: string): YamlText {
  const refuse = (...problems: SpecProblem[]) => new SpecError(fileName, problems);
  const tooLarge = sizeProblem(Buffer.byteLength(text));
  if (tooLarge) throw refuse(tooLarge);

  const lineCounter = new LineCounter();
  // Only the core schema, whatever a %YAML line says, and no tags: 02:00 is text, and a set is no block of keys.
  // Repeated keys are found by inspectKeys, which knows their names and takes linear time.
  const strict = { schema: 'core', resolveKnownTags: false, uniqueKeys: false, prettyErrors: false } as const;
  const document = parseDocument(text, { ...strict, lineCounter });
  // A warning is an unknown tag: as wrong in a spec as a syntax error.
  const faults = [...document.errors, ...document.warnings];
  // The parser recurses and reports its own overflow; what it says after that is noise.
  if (faults.some(({ message }) => /call stack/i.test(message)))
    throw refuse(wholeFile('is nested too deeply for a spec'));
  if (faults.length > 0) {
    const problem = (message: string, offset: number) => ({ path: '', ...positionOf(lineCounter, offset), message });
    throw refuse(...faults.map(({ message, pos }) => problem(inOurWords(message), pos[0])));
  }
  if (document.contents === null) {
    throw refuse({ path: '', line: 1, column: 1, message: 'the file is empty: a spec begins with `platform: sbmcrm`' });
  }

  const locator = new Locator(document.contents, lineCounter);
  const { odd, repeated: repeatedKeys } = inspectKeys(document.contents, locator);
  if (odd.length > 0) throw refuse(...odd);
  const value = unfold(() => document.toJS({ maxAliasCount: MOST_ALIASES }), refuse);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `expected keys such as platform and database, not ${show(value)}`;
    throw refuse({ path: '', ...locator.value([]), message });
  }
  return { value, locator, repeatedKeys };
}

/** The problem of a file of so many bytes, if that is one. */
export function sizeProblem(bytes: number): SpecProblem | undefined {
  return bytes <= MOST_BYTES
    ? undefined
    : wholeFile(`is too large for a spec: ${bytes} bytes, more than ${MOST_BYTES}`);
}

/** The YAML library speaks to programmers. */
function inOurWords(message: string): string {
  if (message.startsWith('Source contains multiple documents')) return 'a second document (---) begins: a spec is one';
  if (message.startsWith('Unresolved tag'))
    return `${message.replace('Unresolved tag:', 'the tag')} has no meaning in a spec`;
  return `not valid YAML: ${message.split('\n')[0]}`;
}

function unfold(toValue: () => unknown, refuse: (problem: SpecProblem) => SpecError): unknown {
  try {
    return toValue();
  } catch (error) {
    const { message } = error as Error;
    const unknown = /^Unresolved alias .*: (.*)$/.exec(message)?.[1];
    if (unknown !== undefined)
      throw refuse(wholeFile(`the alias *${unknown} stands for nothing: there is no &${unknown} before it`));
    if (message.startsWith('Excessive alias count'))
      throw refuse(wholeFile('its aliases (*name) unfold to far too much'));
    throw refuse(wholeFile(`not valid YAML: ${message}`));
  }
}
