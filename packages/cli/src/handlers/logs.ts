import { CloudError, type ProgramCall } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import { storedHosts } from '@sbmcrm/local';
import type { Command } from 'commander';
import { cloudOf } from '../context.ts';
import { durationOption } from '../durations.ts';
import { UsageError } from '../exit.ts';
import { LEVELS, type Level } from '../logs/level.ts';
import { type LogLine, lineText, type Wanted } from '../logs/lines.ts';
import { followLogs, type HostLog, readLogs } from '../logs/merged.ts';
import { globalOptions } from '../options.ts';
import { passThrough } from '../pass-through.ts';

const SINCE_BOUNDS_MS = [1000, 30 * 24 * 3_600_000] as const;
const LINES = 100;
/** Since a time: all there are, within reason. */
const LINES_SINCE = 10_000;
/** Of each log, where a time or words are looked for: more than any keeps. */
const SEARCHED = 1_000_000;

interface Options {
  follow: boolean;
  lines?: string;
  since?: string;
  grep?: string;
  level?: string;
}

/** One target as it is; with `--since`, `--grep`, `--level` or `--json`, or without a target, lines of all by their times. */
export async function runLogs(target: string | undefined, options: Options, command: Command): Promise<void> {
  const { lines = `${options.since === undefined ? LINES : LINES_SINCE}` } = options;
  if (!/^\d{1,6}$/.test(lines)) throw new UsageError(`--lines "${lines}": give a whole number`);
  const json = globalOptions(command).json === true;
  const wanted = wantedOf(options);
  const { cloud, paths } = cloudOf(command);
  const { access } = cloud;
  if (!access.logs) throw new ToolError('NOT_OFFERED', 'where these hosts are, nobody sees their logs');
  const { logs } = access;
  const most = Number(lines);
  const isSearch = options.since !== undefined || options.grep !== undefined || options.level !== undefined;
  const logOf = (of: string, isNamed: boolean): ProgramCall | undefined => {
    const [host = '', ...rest] = of.split('/');
    const service = rest.length > 0 ? rest.join('/') : undefined;
    try {
      // Each log's last lines may be the last of all; those that are wanted may be any.
      return logs(host, service, { lines: isSearch ? SEARCHED : most, follow: options.follow, isNamed });
    } catch (error) {
      if (error instanceof CloudError && error.code === 'UNKNOWN_SERVICE') throw new UsageError(error.message);
      throw error;
    }
  };
  if (target !== undefined && !isSearch && !json) {
    const log = logOf(target, false);
    if (!log) throw new ToolError('NOTHING_SAID', `${target} has said nothing yet`);
    return passThrough(log);
  }
  const found = (target === undefined ? storedHosts(paths) : [target]).flatMap((of): HostLog[] => {
    const call = logOf(of, true);
    return call ? [{ host: of.split('/')[0] ?? '', call }] : [];
  });
  const show = (shown: readonly LogLine[]) => {
    for (const line of shown) console.log(json ? JSON.stringify(line) : lineText(line));
  };
  if (options.follow) {
    const stop = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
    return followLogs(found, wanted, most, show, stop.signal);
  }
  show(await readLogs(found, wanted, most));
}

function wantedOf({ since, grep, level }: Pick<Options, 'since' | 'grep' | 'level'>): Wanted {
  const sinceMs = since === undefined ? undefined : Date.now() - durationOption('--since', since, SINCE_BOUNDS_MS);
  return {
    ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
    ...(grep === undefined ? {} : { grep: pattern(grep) }),
    ...(level === undefined ? {} : { level: levelNamed(level) }),
  };
}

function levelNamed(text: string): Level {
  const level = LEVELS.find((each) => each === text);
  if (level === undefined) throw new UsageError(`--level "${text}": give one of ${LEVELS.join(', ')}`);
  return level;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new UsageError(`--grep "${text}": ${(error as Error).message.split(': ').at(-1)}`);
  }
}
