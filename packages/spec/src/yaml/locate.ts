import { isCollection, isMap, isNode, isScalar, type LineCounter, type Node, type YAMLMap } from 'yaml';

/** A place in the spec: keys and list indexes from the top. */
export type SpecPath = readonly PropertyKey[];

/** Line and column, both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** `['application', 'instances', 0, 'zone']` → `application.instances[0].zone`. Odd keys are quoted. */
export function formatPath(path: SpecPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const key = String(step);
    const word = /^[\w-]{1,60}$/.test(key) ? key : JSON.stringify(key.slice(0, 60));
    return text === '' ? word : `${text}.${word}`;
  }, '');
}

/** Finds where a path stands in a parsed YAML text. */
export class Locator {
  readonly #contents: Node;
  readonly #lines: LineCounter;
  readonly #keys = new WeakMap<YAMLMap, Map<string, Position>>();

  constructor(contents: Node, lines: LineCounter) {
    this.#contents = contents;
    this.#lines = lines;
  }

  /** Place of the value at `path`, or of the nearest block around it that is in the file. */
  value(path: SpecPath): Position {
    for (let length = path.length; length > 0; length--) {
      const node = this.#node(path.slice(0, length));
      if (isNode(node)) return this.node(node);
    }
    return this.node(this.#contents);
  }

  /** Place of the key itself, for a key that should not be there. */
  key(path: SpecPath): Position {
    const block = this.#node(path.slice(0, -1));
    return (isMap(block) ? this.#keysOf(block).get(String(path.at(-1))) : undefined) ?? this.value(path);
  }

  /** Place of a node. */
  node(node: Node): Position {
    return positionOf(this.#lines, node.range?.[0] ?? 0);
  }

  #node(path: SpecPath): unknown {
    if (path.length === 0) return this.#contents;
    return isCollection(this.#contents) ? this.#contents.getIn(path, true) : undefined;
  }

  /** Kept, so that a block with thousands of wrong keys is not searched for each of them. */
  #keysOf(block: YAMLMap): Map<string, Position> {
    const known = this.#keys.get(block);
    if (known) return known;
    const keys = new Map(
      block.items.flatMap(({ key }) => (isScalar(key) ? [[String(key.value), this.node(key)]] : [])),
    );
    this.#keys.set(block, keys);
    return keys;
  }
}

/** Line and column of an offset in the text. */
export function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
