import { describe, expect, it } from 'vitest';
import { Copying } from './copying.ts';

describe('a copy', () => {
  it('gets on while there is more of it', () => {
    const copying = new Copying();
    const gotOn = [undefined, 0, 10, 10, 20].map((doneKb) =>
      copying.note('replica-a', doneKb === undefined ? undefined : { doneKb }),
    );
    expect(gotOn).toEqual([false, true, true, false, true]);
  });

  it('that begins anew again and again does not', () => {
    const copying = new Copying();
    const gotOn = [5, 9, 5, 9, 5, 9, 5, 9].map((doneKb) =>
      copying.note('replica-a', doneKb === undefined ? undefined : { doneKb }),
    );
    expect(gotOn).toEqual([true, true, true, true, true, true, false, false]);
    // Each for itself.
    expect(copying.note('replica-b', { doneKb: 1 })).toBe(true);
  });
});
