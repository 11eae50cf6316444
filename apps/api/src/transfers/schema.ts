import { z } from 'zod';
import { id, text } from '../http/validation.ts';
import { amount } from '../points/schema.ts';

/** Points from one customer to another. */
export const newTransfer = z
  .strictObject({
    from: id,
    to: id,
    points: amount,
    reason: text(500).default('transfer'),
    reference: text(200).optional(),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'is the same customer as from' });
export type NewTransfer = z.infer<typeof newTransfer>;
