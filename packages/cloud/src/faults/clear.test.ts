import { describe, expect, it } from 'vitest';
import { CloudError } from '../error.ts';
import { clearListed } from './clear.ts';

function cloudWhere(refusals: Record<string, CloudError>) {
  const cleared: string[] = [];
  return {
    cleared,
    clearFault: async (id: string) => {
      const refusal = refusals[id];
      if (refusal) throw refusal;
      cleared.push(id);
    },
  };
}

describe('faults that are taken back together', () => {
  it('may end by themselves meanwhile', async () => {
    const cloud = cloudWhere({ ended: new CloudError('UNKNOWN_FAULT', 'no fault has the id "ended"') });
    await clearListed(cloud, ['ended', 'there']);
    expect(cloud.cleared).toEqual(['there']);
  });

  it('say which one stays, when the others are gone', async () => {
    const cloud = cloudWhere({ stuck: new CloudError('UNREACHABLE', 'the local cloud does not answer') });
    await expect(clearListed(cloud, ['stuck', 'there'])).rejects.toThrow('does not answer');
    expect(cloud.cleared).toEqual(['there']);
  });
});
