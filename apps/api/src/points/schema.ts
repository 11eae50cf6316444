import { z } from 'zod';
import type { ListRules } from '../http/list-query.ts';
import { text } from '../http/validation.ts';

/** Far above any booking, far below where sums lose precision. */
const MAX_POINTS = 1_000_000_000;
/** A count of points. */
export const amount = z.int().min(1).max(MAX_POINTS);
const rest = { reason: text(500), reference: text(200).optional() };

/** Earned and redeemed points are counts; an adjustment has a sign. */
export const newEntry = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('earn'), points: amount, ...rest }),
  z.strictObject({ type: z.literal('redeem'), points: amount, ...rest }),
  z.strictObject({
    type: z.literal('adjust'),
    points: z
      .int()
      .min(-MAX_POINTS)
      .max(MAX_POINTS)
      .refine((points) => points !== 0, 'changes nothing'),
    ...rest,
  }),
]);
export type NewEntry = z.infer<typeof newEntry>;

/** What an entry adds to the balance. */
export function deltaOf({ type, points }: NewEntry): number {
  return type === 'redeem' ? -points : points;
}

/** The ledger is a sequence: newest or oldest first. */
export const entryList: ListRules<'createdAt', never> = {
  sort: ['createdAt'],
  filter: [],
  defaultSort: { field: 'createdAt', direction: 'desc' },
};
