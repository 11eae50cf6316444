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
  const standing = { isUnlocked: true, isStopped: true, ledLast: true, waitedMs: 0 };

  it.each([
    ['comes at once where somebody leads', { isUnlocked: false }, 'end'],
    ['starts whoever led last', {}, 'start'],
    ['waits until that one leads', { isStopped: false }, 'wait'],
    ['waits for another one that led last', { ledLast: false }, 'wait'],
    ['waits for nobody for ever', { waitedMs: 20_000 }, 'end'],
  ])('%s', (_what, other, act) => expect(decideEnd({ ...standing, ...other })).toBe(act));

  it.each([
    ['the one that was promoted last', [[1, 5, '', '', 'b']], 'replica', true],
    [
      'not the one before',
      [
        [1, 5, '', '', 'b'],
        [2, 9, '', '', 'a'],
      ],
      'primary',
      false,
    ],
    ['the first primary, while nobody was promoted', [], 'primary', true],
    ['not its standby', [], 'replica', false],
  ])('takes for it %s', (_what, history, role, isIt) => expect(ledLast('b', history, role)).toBe(isIt));
});
