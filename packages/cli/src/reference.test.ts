import { describe, expect, it } from 'vitest';
import { argument, option } from './program.ts';
import { commandTable } from './reference.ts';

describe('the table of commands', () => {
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
});
