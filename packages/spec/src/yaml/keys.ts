import { isMap, isScalar, isSeq } from 'yaml';
import type { SpecProblem } from '../spec-error.ts';
import { formatPath, type Locator, type SpecPath } from './locate.ts';

export interface KeyProblems {
  /** Keys that are blocks or lists: plain objects cannot have them. */
  odd: SpecProblem[];
  /** Keys that stand twice in one block. */
  repeated: SpecProblem[];
}

/** Looks at every key of a parsed text, wherever it stands. */
export function inspectKeys(contents: unknown, locator: Locator): KeyProblems {
  const problems: KeyProblems = { odd: [], repeated: [] };
  const walk = (node: unknown, path: SpecPath): void => {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        const message = 'a key must be a word, not a block or a list';
        problems.odd.push({ path: formatPath(path), ...locator.node(node), message });
        continue;
      }
      const name = String(key.value);
      const at = [...path, name];
      if (seen.has(name)) {
        problems.repeated.push({
          path: formatPath(at),
          ...locator.node(key),
          message: 'stands here for the second time',
        });
      }
      seen.add(name);
      walk(value, at);
    }
  };
  walk(contents, []);
  return problems;
}
