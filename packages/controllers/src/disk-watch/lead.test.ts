import { describe, expect, it } from 'vitest';
import { leadText, mayLead } from './lead.ts';

describe('the right to lead, where nobody is promoted without being told', () => {
  const standby = { role: 'replica', ledLast: false, wanted: undefined };

  it.each([
    ['has whoever led last', { ...standby, ledLast: true }, true],
    ['has nobody else', standby, false],
    ['has whom an operator wants', { ...standby, wanted: { host: 'b', untilMs: 1001 } }, true],
    ['has nobody whom he wanted a while ago', { ...standby, wanted: { host: 'b', untilMs: 1000 } }, false],
    ['has nobody whom he does not', { ...standby, wanted: { host: 'a', untilMs: 1001 } }, false],
    ['stays as it is before there is a server', { ...standby, role: 'uninitialized' }, undefined],
    ['stays as it is while nothing is known', { ...standby, role: undefined }, undefined],
  ])('%s', (_what, claim, may) => expect(mayLead('b', claim, 1000)).toBe(may));

  it('is a tag of Patroni', () => {
    expect([leadText(true), leadText(false)]).toEqual([
      'tags: { nofailover: false }\n',
      'tags: { nofailover: true }\n',
    ]);
  });
});
