import { spawn } from 'node:child_process';
import type { ProgramCall } from '@sbmcrm/cloud';
import { HostLines, type LogLine, lastOf, type Wanted } from './lines.ts';

/** Programs that read at a time: each host has one. */
const AT_A_TIME = 8;
/** So long lines wait for those of other hosts that are older. */
const WAIT_MS = 1000;
const FLUSH_MS = 250;
/** Kept of one host while it is read; more are the last ones of this many. */
const KEEP = 2;
/** … but for so few that sorting them again and again would take longer than keeping them. */
const LEAST_KEPT = 1000;

/** What prints the logs of a host. */
export interface HostLog {
  host: string;
  call: ProgramCall;
}

/** Reads the logs of hosts to their end. @returns the last lines of all, in order */
export async function readLogs(logs: readonly HostLog[], wanted: Wanted, most: number): Promise<LogLine[]> {
  const queue = [...logs];
  let all: LogLine[] = [];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      let own: LogLine[] = [];
      await run(next, wanted, (lines) => {
        own.push(...lines);
        if (own.length > Math.max(LEAST_KEPT, KEEP * most)) own = lastOf(own, most);
      });
      all = lastOf([...all, ...own], most);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return all;
}

/**
 * Follows the logs of hosts. Lines wait a second for those of other hosts, so that they come in order.
 *
 * @param most of those that are there already
 * @param signal ends it
 */
export async function followLogs(
  logs: readonly HostLog[],
  wanted: Wanted,
  most: number,
  show: (lines: readonly LogLine[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let waiting: { cameMs: number; line: LogLine }[] = [];
  let isFirst = true;
  let lastMs = performance.now();
  const flush = (untilMs: number) => {
    // What is there already comes as fast as it is read, host by host: all of it is waited for.
    if (waiting.length === 0 || (isFirst && lastMs > untilMs)) return;
    const ready = waiting.filter(({ cameMs }) => cameMs <= untilMs).map(({ line }) => line);
    waiting = waiting.filter(({ cameMs }) => cameMs > untilMs);
    show(lastOf(ready, isFirst ? most : ready.length));
    isFirst = false;
  };
  const take = (lines: LogLine[]) => {
    const cameMs = performance.now();
    if (lines.length > 0) lastMs = cameMs;
    for (const line of lines) waiting.push({ cameMs, line });
    if (!isFirst || waiting.length <= Math.max(LEAST_KEPT, KEEP * most)) return;
    const kept = lastOf(
      waiting.map(({ line }) => line),
      most,
    );
    waiting = kept.map((line) => ({ cameMs, line }));
  };
  const timer = setInterval(() => flush(performance.now() - WAIT_MS), FLUSH_MS);
  const all = new AbortController();
  const stop = () => all.abort();
  signal.addEventListener('abort', stop);
  try {
    await Promise.all(logs.map((log) => run(log, wanted, take, all.signal)));
  } finally {
    // One that cannot be read ends the others.
    stop();
    signal.removeEventListener('abort', stop);
    clearInterval(timer);
    flush(Number.POSITIVE_INFINITY);
  }
}

/** @throws Error in one line where the program does not do what it should */
function run(
  { host, call }: HostLog,
  wanted: Wanted,
  take: (lines: LogLine[]) => void,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(call.program, call.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = new HostLines(host, wanted);
    let said = '';
    const stop = () => child.kill();
    signal?.addEventListener('abort', stop);
    child.stdout.setEncoding('utf8').on('data', (piece: string) => take(lines.take(piece)));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said = (said + piece).slice(0, 1000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop);
      // A log that was put away meanwhile is one that `tail` misses, and no more.
      if (code === 0 || signal?.aborted || said.includes('tail:')) resolve();
      else
        reject(new Error(`the logs of ${host} cannot be read: ${said.trim().split('\n')[0] || `exit code ${code}`}`));
    });
  });
}
