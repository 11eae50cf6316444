import { SpecError } from '@sbmcrm/spec';
import { describe, expect, it } from 'vitest';
import { brokenSpecNote } from './spec-note.ts';

const problem = (line: number) => ({ path: 'platform', line, column: 1, message: 'is wrong' });

describe('the note of a broken spec', () => {
  it('says where and what is shown instead', () => {
    expect(brokenSpecNote(new SpecError('sbmcrm.yaml', [problem(3)]))).toBe(
      'sbmcrm.yaml:3:1 platform: is wrong: shown is the platform as last brought up',
    );
  });

  it('is one line for any number of problems', () => {
    const problems = Array.from({ length: 50 }, (_, n) => problem(n + 1));
    expect(brokenSpecNote(new SpecError('sbmcrm.yaml', problems))).toBe(
      'sbmcrm.yaml:1:1 platform: is wrong (and 49 more): shown is the platform as last brought up',
    );
  });
});
