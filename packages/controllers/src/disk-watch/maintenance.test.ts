import { describe, expect, it } from 'vitest';
import { decideEnd, isOver, ledLast } from './maintenance.ts';

const setting = { key: 'until', end: {} };

describe('a maintenance', () => {
  it.each([
    ['is over at its end', { pause: true, until: 1000 }, true],
    ['goes on before it', { pause: true, until: 1001 }, false],
    ['without an end is left to whoever began it', { pause: true }, false],
    ['that nobody can read the end of, too', { pause: true, until: 'tomorrow' }, false],
    ['that there is none of is not over', { until: 1000 }, false],
    ['of an agent that says nothing is not over', undefined, false],
  ])('%s', (_what, config, over) => expect(isOver(config, setting, 1000)).toBe(over));
});

describe('the end of a maintenance', () => {
  const standing = { isUnlocked: true, isStopped: true, ledLast: true, isRecovering: false, waitedMs: 0 };

  it.each([
    ['comes at once where somebody leads', { isUnlocked: false }, 'end'],
    ['starts whoever led last', {}, 'start'],
    ['waits until that one leads', { isStopped: false }, 'wait'],
    ['waits for another one that led last', { ledLast: false }, 'wait'],
    ['waits for nobody for ever', { waitedMs: 20_000 }, 'end'],
    ['waits as long as somebody recovers', { isStopped: false, isRecovering: true, waitedMs: 300_000 }, 'wait'],
  ])('%s', (_what, other, act) => expect(decideEnd({ ...standing, ...other })).toBe(act));

  const past = { history: [], isPrimary: false, isUnlocked: true, wasPrimary: false };
  it.each([
    ['the one that was promoted last', { history: [[1, 5, '', '', 'b']] }, true],
    [
      'not the one before',
      {
        history: [
          [1, 5, '', '', 'b'],
          [2, 9, '', '', 'a'],
        ],
        wasPrimary: true,
      },
      false,
    ],
    ['the first primary, while nobody was promoted', { isPrimary: true, isUnlocked: false }, true],
    ['the same after all were off', { wasPrimary: true }, true],
    ['nobody beside one that leads', { isUnlocked: false, wasPrimary: true }, false],
    ['not its standby', {}, false],
  ])('takes for it %s', (_what, other, isIt) => expect(ledLast('b', { ...past, ...other })).toBe(isIt));
});
