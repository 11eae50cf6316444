import { isAtLeast, type Level, levelOf } from './level.ts';

/** What a service of a host said, a line of it. */
export interface LogLine {
  /** ISO 8601, in UTC. */
  at: string;
  host: string;
  service: string;
  /** By what it says itself. */
  level: Level;
  text: string;
}

/** Of lines whose time and words count. */
export interface Wanted {
  /** ISO 8601; missing: of any time. */
  since?: string;
  grep?: RegExp;
  /** The least grave. */
  level?: Level;
}

/** As `tail -v` heads the lines of a file. */
const HEAD = /^==> ([^/]+)\/\S+ <==$/;
/** As svlogd stamps each line, see `-tt` there. */
const STAMPED = /^(\d{4}-\d\d-\d\d)_(\d\d:\d\d:\d\d\.\d{3})(\d\d) ?(.*)$/s;
/** A line that a program never ended is cut. */
const MOST_LENGTH = 65_536;

/** Lines of one host as its logs come, piece by piece. What bears no time is passed over. */
export class HostLines {
  readonly #host: string;
  readonly #wanted: Wanted;
  #service = '';
  #rest = '';

  constructor(host: string, wanted: Wanted) {
    this.#host = host;
    this.#wanted = wanted;
  }

  /** @returns the lines that are whole now, and wanted */
  take(piece: string): LogLine[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MOST_LENGTH);
    return lines.flatMap((line) => {
      const head = HEAD.exec(line);
      if (head) this.#service = head[1] ?? '';
      const [, day, time, _more, text = ''] = head ? [] : (STAMPED.exec(line) ?? []);
      if (day === undefined) return [];
      const made = { at: `${day}T${time}Z`, host: this.#host, service: this.#service, level: levelOf(text), text };
      return isWanted(made, this.#wanted) ? [made] : [];
    });
  }
}

function isWanted({ at, text, level }: LogLine, wanted: Wanted): boolean {
  const { since, grep } = wanted;
  if (wanted.level !== undefined && !isAtLeast(level, wanted.level)) return false;
  return (since === undefined || at >= since) && (grep === undefined || grep.test(text));
}

/** The last so many of lines, by their times; of the same time as they came. Pure. */
export function lastOf(lines: readonly LogLine[], most: number): LogLine[] {
  const inOrder = [...lines].sort((x, y) => (x.at < y.at ? -1 : x.at > y.at ? 1 : 0));
  return most === 0 ? [] : inOrder.slice(-most);
}

/** Characters that move a terminal's cursor, or paint, are left out: what a host says is not ours. */
const CONTROL = /\p{Cc}/gu;

/** Pure. */
export function lineText({ at, host, service, text }: Omit<LogLine, 'level'>): string {
  const line = `${at.slice(0, -1).replace('T', ' ')}  ${host}/${service}  ${text}`;
  return line.replaceAll('\t', '  ').replace(CONTROL, '');
}
