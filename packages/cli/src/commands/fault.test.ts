import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type FaultKindInfo, formsText } from '@sbmcrm/cloud';
import { FAULT_KINDS } from '@sbmcrm/local/faults';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../program.ts';
import { fault } from './fault.ts';

const MANUAL = readFileSync(resolve(import.meta.dirname, '../../../../docs/reference/cli.md'), 'utf8');
const kinds: [string, FaultKindInfo][] = Object.entries(FAULT_KINDS);

/** A kind's line of the table in the manual. */
function row([name, { takes, options = {}, about }]: [string, FaultKindInfo]): string {
  const flags = Object.values(options).map((option) => {
    const value = 'choices' in option ? option.choices.join('\\|') : option.example;
    return ` \`[--${option.flag} ${value}]\``;
  });
  return `| \`${name}\`${flags.join('')} | ${formsText(takes)} | ${about} |`;
}

describe('kinds of faults', () => {
  it.each(kinds)('%s is in the manual', (...kind) => {
    expect(MANUAL.split('\n')).toContain(row(kind));
  });

  it('are in the help, with their options', () => {
    const inject = createProgram({ name: 'x', description: '', commands: [fault] }).commands[0]?.commands[0];
    let help = '';
    inject?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    for (const [name, { about, options = {} }] of kinds) {
      expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect(help).toContain(about);
      for (const { flag } of Object.values(options)) expect(help).toContain(`--${flag} <`);
    }
  });
});
