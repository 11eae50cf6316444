import { describe, expect, it, vi } from 'vitest';
import { argument, createProgram, option } from './program.ts';

function programWith(handler: (...args: unknown[]) => void, load = vi.fn(async () => handler)) {
  const program = createProgram({
    name: 'test',
    description: 'a test',
    commands: [
      {
        name: 'break',
        description: 'breaks',
        commands: [
          {
            name: 'one',
            description: 'breaks one',
            arguments: [argument('<target>')],
            options: [option('--times <n>', 'how often', '1')],
            load,
          },
        ],
      },
    ],
  });
  program.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)])
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
  return { program, load };
}

describe('a program made of definitions', () => {
  it('calls the handler with arguments and options, global ones from before and after the name', async () => {
    const handler = vi.fn();
    const { program } = programWith(handler);
    await program.parseAsync(['--json', 'break', 'one', 'lb-a', '--state', '/tmp/x'], { from: 'user' });
    const [target, options, command] = handler.mock.calls[0] ?? [];
    expect([target, options]).toEqual(['lb-a', { times: '1' }]);
    expect(command.optsWithGlobals()).toEqual({ times: '1', json: true, state: '/tmp/x' });
  });

  it.each([['--help'], ['break', 'one', '--help'], ['break', 'one'], ['fly']])(
    'loads no handler for %s %s',
    async (...args) => {
      const { program, load } = programWith(() => {});
      await expect(program.parseAsync(args, { from: 'user' })).rejects.toThrow();
      expect(load).not.toHaveBeenCalled();
    },
  );
});
