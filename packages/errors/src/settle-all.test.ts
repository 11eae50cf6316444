import { expect, it } from 'vitest';
import { settleAll } from './index.ts';

it('does all, though one fails, and says what the first failed with', async () => {
  const done: number[] = [];
  const act = async (n: number) => {
    if (n % 2 === 0) throw new Error(`not ${n}`);
    done.push(n);
  };
  await expect(settleAll([1, 2, 3, 4], act)).rejects.toThrow('not 2');
  expect(done).toEqual([1, 3]);
  await settleAll([5], act);
  expect(done).toEqual([1, 3, 5]);
});
