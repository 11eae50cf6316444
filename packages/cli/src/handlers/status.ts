import { openAsApplied } from '@sbmcrm/platform/applied';
import { type PlatformStatus, platformStatus, StatusReader } from '@sbmcrm/platform/status';
import type { Command } from 'commander';
import { workspaceOf } from '../context.ts';
import { EXIT } from '../exit.ts';
import { globalOptions, print } from '../options.ts';
import { brokenSpecNote } from '../spec-note.ts';
import { statusText } from '../text/status-text.ts';

const WATCH_INTERVAL_MS = 1000;

export async function runStatus({ watch }: { watch: boolean }, command: Command): Promise<void> {
  const { platform, problem } = await openAsApplied(workspaceOf(command));
  const note = problem && brokenSpecNote(problem);
  if (watch) {
    const reader = new StatusReader(platform);
    return watchStatus(() => reader.look(), note, globalOptions(command).json === true).finally(() => reader.close());
  }
  const status = await platformStatus(platform);
  print(command, status, statusText(status));
  if (note) console.error(note);
  if (status.state !== 'healthy') process.exitCode = EXIT.unhealthy;
}

/** A page a second; with --json a line a second. */
async function watchStatus(
  read: () => Promise<PlatformStatus>,
  note: string | undefined,
  json: boolean,
): Promise<void> {
  let running = true;
  process.once('SIGINT', () => {
    running = false;
  });
  const clear = process.stdout.isTTY && !json ? '\x1b[H\x1b[2J' : '';
  for (let pages = 0; running; pages++) {
    const status = await read();
    console.log(
      json ? JSON.stringify(status) : `${clear}${new Date().toISOString()}  (Ctrl-C ends)\n${statusText(status)}`,
    );
    // Said once, unless the next page wipes it away.
    if (note && (pages === 0 || clear)) console.error(note);
    await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL_MS));
  }
}
