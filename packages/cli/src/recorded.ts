import { existsSync } from 'node:fs';
import { appendEvent, operator } from '@sbmcrm/local/events';
import type { Command } from 'commander';
import { workspaceOf } from './context.ts';
import type { CommandDefinition, Handler } from './program.ts';

/** Of a command, for its line in the log of events. */
const MOST_WORDS = 300;
/** Where the platform is, and how the answer looks: of no interest afterwards. */
const OWN_OPTIONS = ['--state', '--spec'];

/**
 * A command that changes the platform: who ran it, and how it ended, is kept. @see sbmcrm events
 *
 * @param looks of its own commands those that only look
 */
export function recorded(definition: CommandDefinition, ...looks: string[]): CommandDefinition {
  const { load } = definition;
  const commands = definition.commands?.map((each) => (looks.includes(each.name) ? each : recorded(each)));
  return {
    ...definition,
    ...(load ? { load: async () => recording(await load()) } : {}),
    ...(commands ? { commands } : {}),
  };
}

const recording =
  (handler: Handler): Handler =>
  async (...args) => {
    const command = args.at(-1) as Command;
    const keep = (state: 'done' | 'failed', because = '') => {
      try {
        const { paths } = workspaceOf(command);
        // A platform that was never there, or was purged, has no log.
        if (command.opts().dryRun === true || !existsSync(paths.platform)) return;
        appendEvent(paths, {
          kind: 'command',
          state,
          by: operator(),
          text: `${words(process.argv.slice(2))}${because}`,
        });
      } catch {
        // A full disk, or a folder that is not ours: the command itself counts.
      }
    };
    try {
      await handler(...args);
    } catch (error) {
      keep('failed', `: ${(error as Error).message.split('\n')[0]}`);
      throw error;
    }
    keep(process.exitCode === undefined || process.exitCode === 0 ? 'done' : 'failed');
  };

/** What was typed, but for where the platform is. Pure. */
export function words(args: readonly string[]): string {
  const kept = args.filter((word, place) => {
    const before = args[place - 1] ?? '';
    const isOwn = OWN_OPTIONS.some((option) => word === option || word.startsWith(`${option}=`) || before === option);
    return !isOwn && word !== '--json';
  });
  return kept.join(' ').slice(0, MOST_WORDS);
}
