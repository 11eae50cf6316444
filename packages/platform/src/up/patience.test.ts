import type { Cloud } from '@sbmcrm/cloud';
import { ToolError } from '@sbmcrm/errors';
import { describe, expect, it, vi } from 'vitest';
import { Interrupted, type Progress } from '../progress.ts';
import { type Doctor, FoundDamage } from '../repair/doctor.ts';
import { Patience } from './patience.ts';

const told: string[] = [];
const progress: Progress = {
  step: (title, task) => {
    told.push(title);
    return task(() => {});
  },
};
const AWAITED = { title: 'it is there', service: 'redis' } as const;
const DAMAGE = { host: 'redis-b', part: 'cache', code: 'CACHE_DAMAGED', reason: 'they do not load', atMs: 0 } as const;
const never = async () => {
  throw new ToolError('NOT_IN_TIME', 'after 90 s: it is not');
};

function patience(doctor: Partial<Doctor> = {}) {
  told.length = 0;
  const platform = { cloud: { access: {} } as unknown as Cloud };
  const look = async () => undefined;
  return new Patience({ platform, progress, always: progress, doctor: { look, ...doctor } as Doctor });
}

describe('patience', () => {
  it('gives up nothing that gets on', async () => {
    const clock = vi.spyOn(performance, 'now');
    let now = 0;
    clock.mockImplementation(() => now);
    let looks = 0;
    const copied = async () => {
      now += 60_000;
      looks += 1;
      return looks > 5 ? undefined : { text: 'a copy is made', getsOn: looks < 5 };
    };
    const waits = new Patience({
      platform: { cloud: { access: {} } as unknown as Cloud },
      progress: { step: (_title, task) => task(() => {}) },
      always: progress,
      doctor: { look: async () => undefined } as unknown as Doctor,
    });
    expect(await waits.wait(AWAITED, copied)).toBe(true);
    expect(looks).toBe(6);
    // The same without getting on.
    looks = 0;
    expect(await waits.wait(AWAITED, async () => ({ ...(await copied()), text: 'it is not', getsOn: false }))).toBe(
      false,
    );
    expect(looks).toBeLessThan(5);
    clock.mockRestore();
  });

  it('goes on with the other parts, and tells of all at the end', async () => {
    const waits = patience();
    expect(await waits.wait(AWAITED, never)).toBe(false);
    expect(await waits.wait(AWAITED, async () => undefined)).toBe(true);
    await waits.attempt({ do: 'make-room', service: 'it' }, async () => {
      throw new ToolError('REFUSED_BY_ENGINE', 'it is still full');
    });
    expect(() => waits.end()).toThrow('after 90 s: it is not — see `sbmcrm status`; and it is still full');
  });

  it('names the host’s own log, and the verb where there is one', async () => {
    const waits = patience();
    let looks = 0;
    await waits.wait(AWAITED, async () => {
      looks += 1;
      return looks === 1 ? { text: 'redis-b is not', host: 'redis-b' } : never();
    });
    expect(() => waits.end()).toThrow(/see `sbmcrm logs redis-b\/redis`; `sbmcrm repair redis-b --force`/);
  });

  it('repairs what is damaged, and waits anew', async () => {
    let isDamaged = true;
    const repair = vi.fn(async () => {
      isDamaged = false;
    });
    const look = async () => {
      if (isDamaged) throw new FoundDamage([DAMAGE]);
      return undefined;
    };
    const waits = patience({ look, repair });
    expect(await waits.wait(AWAITED, async () => (isDamaged ? { text: 'not yet' } : undefined))).toBe(true);
    expect(repair).toHaveBeenCalledWith([DAMAGE]);
    expect(told).toEqual(['it is there', 'it is there']);
    waits.end();
  });

  it('goes on where a repair does not succeed', async () => {
    const look = async () => {
      throw new FoundDamage([DAMAGE]);
    };
    const repair = async () => {
      throw new ToolError('NO_ROOM', 'no room for a copy');
    };
    const waits = patience({ look, repair });
    expect(await waits.wait(AWAITED, async () => ({ text: 'not yet' }))).toBe(false);
    expect(() => waits.end()).toThrow('no room for a copy');
  });

  it('ends at once where somebody wants it to, and for errors that nobody thought of', async () => {
    const interrupted = async () => {
      throw new Interrupted();
    };
    await expect(patience().wait(AWAITED, interrupted)).rejects.toThrow('interrupted');
    const broken = async () => {
      throw new TypeError('x is no function');
    };
    await expect(patience().wait(AWAITED, broken)).rejects.toThrow('x is no function');
    await expect(patience().attempt({ do: 'make-room', service: 'it' }, interrupted)).rejects.toThrow('interrupted');
  });

  it('keeps what it did', async () => {
    const waits = patience();
    await waits.attempt({ do: 'make-room', service: 'it' }, async () => {});
    expect(waits.done).toEqual([{ do: 'make-room', service: 'it' }]);
    waits.end();
  });
});
