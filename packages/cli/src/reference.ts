import type { Argument, Option } from 'commander';
import type { CommandDefinition } from './program.ts';

/** `[--for DURATION]`; without brackets where it must be given. */
function optionText({ flags, argChoices, mandatory }: Option): string {
  const word = argChoices?.join('|');
  const text = flags.replace(/<(.+)>/, (_all, name: string) => word ?? name.toUpperCase());
  return mandatory ? text : `[${text}]`;
}

/** `HOST`, `[NAME…]`, `database|cache`. */
function argumentText(argument: Argument): string {
  const text = argument.argChoices?.join('|') ?? argument.name().toUpperCase();
  const all = argument.variadic ? `${text}…` : text;
  return argument.required ? all : `[${all}]`;
}

/** Commands that do something, with the words that lead to them. */
function leaves(definition: CommandDefinition, words: readonly string[] = []): [string, CommandDefinition][] {
  const path = [...words, definition.name];
  const own: [string, CommandDefinition][] = definition.load ? [[path.join(' '), definition]] : [];
  return [...own, ...(definition.commands ?? []).flatMap((each) => leaves(each, path))];
}

/** Every command with its arguments, options and what it does, as a table in Markdown. Pure. */
export function commandTable(commands: readonly CommandDefinition[]): string {
  const rows = commands.flatMap((command) =>
    leaves(command).map(([path, { arguments: taken = [], options = [], description }]) => {
      const usage = [path, ...taken.map(argumentText), ...options.map(optionText)].join(' ');
      return `| \`${usage.replaceAll('|', '\\|')}\` | ${description.replaceAll('|', '\\|')} |\n`;
    }),
  );
  return `| command | does |\n|---|---|\n${rows.join('')}`;
}
