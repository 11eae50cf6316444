import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramCall } from '@sbmcrm/cloud';
import type { HostPaths } from '../state.ts';

const CONSOLE = '/run/console';

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** What svlogd put away: full (`.s`), or found at its start as it was left when it was killed (`.u`); named by time. */
const PUT_AWAY = /^@[0-9a-f]{24}\.[su]$/;

const isFile = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;

/**
 * A command that prints the end of a host's logs; of one service alone, also of what it said before its host was last stopped. A host may put links in the place of its logs: the command sees the image
 * of hosts and these logs, and nothing of the machine. Pure but for looking which logs there are.
 *
 * @param services whose logs; those that have said nothing are left out
 * @param withConsole also what the runtime and the host's first process said
 * @param options.lines how many from the end. options.follow: go on until it is ended. options.isNamed: of each file so many, below its
 * name, also of those that were put away
 * @returns undefined if there is no log yet
 */
export function logCommand(
  paths: HostPaths,
  imageRoot: string,
  services: readonly string[],
  withConsole: boolean,
  options: { lines: number; follow: boolean; isNamed?: boolean },
): ProgramCall | undefined {
  const { isNamed = false } = options;
  const files = services.filter((each) => isFile(join(paths.log, each, 'current'))).map((each) => `${each}/current`);
  const hasConsole = withConsole && !isNamed && isFile(paths.console);
  const [only] = services.length === 1 ? services : [];
  const earlier = only === undefined || isNamed ? [] : putAway(paths.log, only);
  const named = isNamed ? services.flatMap((each) => putAway(paths.log, each)) : [];
  if (files.length + named.length === 0 && !hasConsole) return undefined;
  const root = quote(imageRoot);
  const script = [
    'set -eu',
    `mount --bind ${root} ${root}`,
    `mount -o remount,bind,ro ${root}`,
    `mount --bind ${quote(paths.log)} ${quote(join(imageRoot, 'var/log/sbmcrm'))}`,
    ...(hasConsole ? consoleCommands(paths.console, imageRoot) : []),
    `exec chroot ${root} /bin/sh -c 'cd /var/log/sbmcrm${earlier.length > 0 ? `; ${endOf(earlier, files, options.lines)}` : ''}; exec "$@"' sh "$@"`,
  ].join('\n');
  // It ends with who asked for it, however that ended.
  const follow = options.follow ? ['-F', `--pid=${process.pid}`] : [];
  const tail = ['tail', ...(isNamed ? ['-v'] : []), '-n', `${options.lines}`, ...follow];
  const args = [
    '--mount',
    '/bin/sh',
    '-c',
    script,
    'sh',
    ...tail,
    ...named,
    ...files,
    ...(hasConsole ? [CONSOLE] : []),
  ];
  return { program: 'unshare', args };
}

/** The files of a service that are no longer written to, the oldest first. */
function putAway(folder: string, service: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(join(folder, service)).filter((name) => PUT_AWAY.test(name));
  } catch {
    // it has said nothing
  }
  return names
    .sort()
    .map((name) => `${service}/${name}`)
    .filter((file) => isFile(join(folder, file)));
}

/** Prints as many lines of the earlier files as the current one is short of. */
function endOf(earlier: string[], current: string[], lines: number): string {
  const said = current.length > 0 ? `$(wc -l < ${current.join(' ')})` : '0';
  return `left=$((${lines} - ${said})); [ "$left" -le 0 ] || cat ${earlier.join(' ')} | tail -n "$left"`;
}

function consoleCommands(file: string, imageRoot: string): string[] {
  const place = quote(join(imageRoot, CONSOLE));
  return [
    `mount -t tmpfs tmpfs ${quote(join(imageRoot, 'run'))}`,
    `: > ${place}`,
    `mount --bind ${quote(file)} ${place}`,
  ];
}
