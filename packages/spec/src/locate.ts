import { type Document, isCollection, isMap, isNode, isScalar, type LineCounter } from 'yaml';

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
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /** Place of the value at `path`, or of the nearest block around it that is in the file. */
  value(path: SpecPath): Position {
    for (let length = path.length; length > 0; length--) {
      const node = this.#node(path.slice(0, length));
      if (isNode(node) && node.range) return this.position(node.range[0]);
    }
    return this.position(this.#document.contents?.range?.[0] ?? 0);
  }

  /** Place of the key itself, for a key that should not be there. */
  key(path: SpecPath): Position {
    const parent = this.#node(path.slice(0, -1));
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)))
      : undefined;
    return isScalar(pair?.key) && pair.key.range ? this.position(pair.key.range[0]) : this.value(path);
  }

  #node(path: SpecPath): unknown {
    const { contents } = this.#document;
    return path.length === 0 ? contents : isCollection(contents) ? contents.getIn(path, true) : undefined;
  }
}
