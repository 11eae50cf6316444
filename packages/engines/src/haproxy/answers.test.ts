import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hideInternalPaths, OWN_ANSWERS, ownAnswers, refuseOverload } from './answers.ts';

const REFERENCE = readFileSync(join(import.meta.dirname, '../../../../docs/reference/api.md'), 'utf8');

describe('what a load balancer answers by itself', () => {
  it('is JSON in the API’s envelope', () => {
    for (const line of [...ownAnswers(), ...hideInternalPaths().slice(1), ...refuseOverload('api').slice(1)]) {
      const body = / string '(.*?)'/.exec(line)?.[1] ?? '';
      expect(JSON.parse(body)).toMatchObject({ error: { code: expect.any(String), details: [] } });
      expect(line).toContain("content-type 'application/json; charset=utf-8'");
    }
  });

  it('says with each 503 when to try again', () => {
    const unavailable = ownAnswers().filter((line) => line.includes('status 503'));
    expect(unavailable).toEqual([expect.stringMatching(/ hdr Retry-After 1$/)]);
    // Not all at the same moment.
    expect(refuseOverload('api').slice(1)).toEqual([expect.stringContaining(' hdr Retry-After %[rand(3),add(1)] if ')]);
  });

  it.each(OWN_ANSWERS.map(({ code }) => code))('%s is listed', (code) => {
    expect(REFERENCE).toContain(`\`${code}\``);
  });
});
