import { describe, expect, it } from 'vitest';
import { requestId } from './context.ts';

describe('the id of a request', () => {
  const of = (id?: string | string[]) => requestId({ headers: id === undefined ? {} : { 'x-request-id': id } });
  const GIVEN = '5f0c1a7e-55b4-4c0a-9d3a-0f6f2a9a7b11';

  it('is the load balancer’s', () => {
    expect(of(GIVEN)).toBe(GIVEN);
  });

  // It becomes part of a statement.
  it.each([undefined, '', 'x', `${GIVEN}*/ DROP TABLE customers`, `${GIVEN}\n`, GIVEN.toUpperCase(), [GIVEN]])(
    'is one of its own where %j was given',
    (given) => {
      const id = of(given);
      expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
      expect(id).not.toBe(GIVEN);
      expect(of(given)).not.toBe(id);
    },
  );
});
