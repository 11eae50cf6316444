import type { RoleMover } from '@sbmcrm/cloud';
import { describe, expect, it } from 'vitest';
import type { Platform } from '../opened.ts';
import { moveDatabase } from './index.ts';
import { move } from './move.ts';

const progress = { step: <T>(_title: string, task: (note: () => void) => Promise<T>) => task(() => {}) };

/** A service of two that the provider runs; it accepts at the given try. */
function managed(acceptsAt = 1): RoleMover & { asked: unknown[][] } {
  const asked: unknown[][] = [];
  let primary = 'one';
  return {
    part: 'database',
    asked,
    look: async () => ({
      primary,
      members: ['one', 'two'].map((name) => ({ name, role: name === primary ? 'primary' : 'standby', ready: true })),
    }),
    ask: async (...args) => {
      asked.push(args);
      if (asked.length < acceptsAt) return 'busy';
      primary = args[1];
      return undefined;
    },
    waiting: () => 'at it',
    hint: () => 'see the console',
  };
}

describe('the move of a role', () => {
  it('is asked of the provider where the service is its own', async () => {
    const database = managed();
    const platform = { cloud: { managed: { database } } } as unknown as Platform;
    const result = await moveDatabase(platform, 'switchover', 'two', progress);
    expect(result).toMatchObject({ operation: 'switchover', part: 'database', from: 'one', to: 'two' });
    expect(database.asked).toEqual([['switchover', 'two', 'one']]);
  });

  it('is asked for until it is accepted, and never again then', async () => {
    const database = managed(2);
    expect(await move(database, 'failover', undefined, progress)).toMatchObject({ from: 'one', to: 'two' });
    expect(database.asked).toHaveLength(2);
  });

  it('needs a primary to hand over, or a standby to take over', async () => {
    const none: RoleMover = { ...managed(), look: async () => ({ primary: null, members: [] }) };
    await expect(move(none, 'failover', undefined, progress)).rejects.toThrow('no standby that is ready');
    const lost: RoleMover = {
      ...managed(),
      look: async () => ({ primary: null, members: [{ name: 'two', role: 'standby', ready: true }] }),
    };
    await expect(move(lost, 'switchover', 'two', progress)).rejects.toThrow('use `sbmcrm failover database`');
  });
});
