/** How grave a line is, the least first. */
export const LEVELS = ['debug', 'info', 'warning', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** Words and signs by which programs say so, in lower case. */
const WORDS: Readonly<Record<string, Level>> = {
  ...{ trace: 'debug', debug: 'debug', debug1: 'debug', '.': 'debug' },
  ...{ info: 'info', log: 'info', notice: 'info', '-': 'info', '*': 'info' },
  ...{ warn: 'warning', warning: 'warning', '#': 'warning' },
  ...{ error: 'error', err: 'error', alert: 'error', critical: 'error', dpanic: 'error', emerg: 'error' },
  ...{ fatal: 'error', panic: 'error' },
};

/** Where a line has its word: `level=warn`, `[WARNING] (27) :`, `LOG:  …` and `INFO …` after a time or none, `26:C 29 Nov … * …`. */
const FORMS = [
  /(?:^|\s)level=(\w+)/,
  /^\[(\w+)\]/,
  /^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ ([.\-*#]) /,
  /^(?:[\d-]{10} [\d:.,]+ (?:\w+ )?(?:\[\d+\] )?(?:\S+ )?)?(DEBUG\d?|INFO|LOG|NOTICE|WARNING|ERROR|FATAL|PANIC|CRITICAL)\b:?\s/,
];

/** As pino numbers them. */
const WARNING_NUMBER = 40;
const ERROR_NUMBER = 50;
const INFO_NUMBER = 30;
const FAILED_STATUS = 500;

/** How grave a line is by what it says itself; one that says nothing of it is `info`. Pure. */
export function levelOf(text: string): Level {
  if (text.startsWith('{')) return levelInJson(text) ?? 'info';
  for (const form of FORMS) {
    const level = WORDS[form.exec(text)?.[1]?.toLowerCase() ?? ''];
    if (level !== undefined) return level;
  }
  return 'info';
}

function levelInJson(text: string): Level | undefined {
  let level: unknown;
  let status: unknown;
  try {
    ({ level, status } = JSON.parse(text) as { level?: unknown; status?: unknown });
  } catch {
    return undefined; // it was cut
  }
  if (typeof level === 'string') return WORDS[level.toLowerCase()];
  // A line about a request that ended badly, which has no word for how grave that is.
  if (level === undefined) return typeof status === 'number' && status >= FAILED_STATUS ? 'error' : undefined;
  if (typeof level !== 'number') return undefined;
  if (level >= ERROR_NUMBER) return 'error';
  if (level >= WARNING_NUMBER) return 'warning';
  return level >= INFO_NUMBER ? 'info' : 'debug';
}

/** Pure. */
export const isAtLeast = (level: Level, least: Level): boolean => LEVELS.indexOf(level) >= LEVELS.indexOf(least);
