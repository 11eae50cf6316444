import type { LogLine } from './signs.ts';

/** A log's words of more than a minute ago are about something else. */
const RECENT_MS = 60_000;
const LONGEST_WORDS = 160;

/** The newest line of a log that sounds like a reason. Pure. @param now milliseconds since the epoch */
export function lastWords(lines: readonly LogLine[], now: number): string | undefined {
  const isReason = ({ atMs, text }: LogLine) =>
    now - atMs < RECENT_MS &&
    !text.includes('"level":"warn"') &&
    /error|fatal|panic|critical|fail|cannot|can't|could not|refused|denied|No space/i.test(text);
  const line = lines.findLast(isReason)?.text.trim();
  // In one line, and nothing that a terminal would obey.
  const text =
    line === undefined
      ? undefined
      : inWords(line)
          .replace(/[\p{Cc}\s]+/gu, ' ')
          .trim();
  return text !== undefined && text.length > LONGEST_WORDS ? `${text.slice(0, LONGEST_WORDS)}…` : text;
}

/** What a line says: some engines write JSON, and beside their words what only their makers need. */
function inWords(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { msg, error } = JSON.parse(line) as { msg?: unknown; error?: unknown };
    const said = [msg, error].filter((each) => typeof each === 'string' && each !== '');
    return said.length > 0 ? said.join(': ') : line;
  } catch {
    return line; // it is no JSON
  }
}
