import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from './catalog.ts';
import { argument, option } from './program.ts';
import { commandTable, withCommandTable } from './reference.ts';

const MANUAL = resolve(import.meta.dirname, '../../../docs/reference/cli.md');

describe('the manual of commands', () => {
  it('is as the commands are: `npm run docs`', () => {
    const manual = readFileSync(MANUAL, 'utf8');
    expect(withCommandTable(manual, COMMANDS)).toBe(manual);
  });

  it('shows what must be given and what may, also of commands within commands', () => {
    const load = async () => () => {};
    const one = {
      name: 'one',
      description: 'breaks one | another',
      arguments: [argument('<kind>').choices(['stop', 'kill']), argument('[target...]')],
      options: [option('--for <duration>', 'so long'), option('--to <host>', 'whereto').makeOptionMandatory()],
      load,
    };
    expect(commandTable([{ name: 'break', description: 'a group', commands: [one] }])).toBe(
      [
        '| command | does |',
        '|---|---|',
        '| `break one stop\\|kill [TARGET…] [--for DURATION] --to HOST` | breaks one \\| another |',
        '',
      ].join('\n'),
    );
  });

  it('has a place for them', () => {
    expect(() => withCommandTable('# Commands', COMMANDS)).toThrow(/has no "<!-- commands/);
  });
});
