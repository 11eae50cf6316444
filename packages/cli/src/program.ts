import { Argument, Command, Option } from 'commander';

/** What a command does: called with its arguments, its options and commander's command, in this order. */
// biome-ignore lint/suspicious/noExplicitAny: each handler names its own arguments and options, as its definition gives them
export type Handler = (...args: any[]) => void | Promise<void>;

/** A command as data: the program is built of these alone, so that only the one that is called loads any more. */
export interface CommandDefinition {
  name: string;
  description: string;
  arguments?: Argument[];
  options?: Option[];
  /** Shown below the options. */
  help?: string;
  /** Imports what the command needs; missing for a group of commands. */
  load?: () => Promise<Handler>;
  commands?: CommandDefinition[];
}

/** The options that every command has, whether given before or after its name. */
const GLOBAL_OPTIONS = [
  new Option('--spec <file>', 'the desired system (default sbmcrm.yaml)'),
  new Option('--state <dir>', 'where the platform keeps its state (default .sbmcrm beside the spec)'),
  new Option('--json', 'print the result as JSON'),
];

/** A program of commands; it throws CommanderError instead of ending the process. */
export function createProgram({ name, description, help, commands = [] }: CommandDefinition): Command {
  const program = new Command(name)
    .description(description)
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  for (const option of GLOBAL_OPTIONS) program.addOption(option);
  if (help) program.addHelpText('after', help);
  for (const definition of commands) addCommand(program, definition);
  return program;
}

function addCommand(parent: Command, definition: CommandDefinition): void {
  const { name, description, help, load } = definition;
  const command = parent.command(name).description(description);
  for (const argument of definition.arguments ?? []) command.addArgument(argument);
  for (const option of definition.options ?? []) command.addOption(option);
  if (help) command.addHelpText('after', help);
  if (load) command.action(async (...args: unknown[]) => (await load())(...args));
  for (const each of definition.commands ?? []) addCommand(command, each);
}

/** An argument as a definition has it. */
export function argument(syntax: string, about?: string): Argument {
  return new Argument(syntax, about);
}

/** An option as a definition has it. @param fallback its value when it is not given */
export function option(syntax: string, about: string, fallback?: unknown): Option {
  const made = new Option(syntax, about);
  return fallback === undefined ? made : made.default(fallback);
}
