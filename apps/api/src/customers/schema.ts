import { z } from 'zod';
import type { ListRules } from '../http/list-query.ts';
import { text } from '../http/validation.ts';

const word = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, 'wants 1 to 32 of a-z, 0-9, - and _');
const optional = <T extends z.ZodType>(type: T) => type.nullable().optional();

/** Free fields of a customer: flat, so that a filter can come later. */
const profile = z
  .record(z.string().regex(/^[A-Za-z][\w.-]{0,63}$/), z.union([text(1000), z.number(), z.boolean(), z.null()]))
  .refine((fields) => Object.keys(fields).length <= 50, 'holds more than 50 fields');

const fields = {
  name: text(200),
  email: optional(z.email().max(320)),
  phone: optional(text(40)),
  tier: word.optional(),
  tags: z
    .array(text(64))
    .max(50)
    .transform((tags) => [...new Set(tags)])
    .optional(),
  profile: profile.optional(),
};

export const newCustomer = z.strictObject(fields);
export type NewCustomer = z.infer<typeof newCustomer>;

export const customerPatch = z
  .strictObject({ ...fields, name: fields.name.optional() })
  .refine((patch) => Object.keys(patch).length > 0, 'changes nothing');
export type CustomerPatch = z.infer<typeof customerPatch>;

const SORT = ['createdAt', 'updatedAt', 'name', 'email', 'tier', 'balance'] as const;
const FILTER = ['name', 'email', 'phone', 'tier', 'tags'] as const;
export type CustomerSort = (typeof SORT)[number];
export type CustomerFilter = (typeof FILTER)[number];

export const customerList: ListRules<CustomerSort, CustomerFilter> = {
  sort: SORT,
  filter: FILTER,
  defaultSort: { field: 'createdAt', direction: 'desc' },
};
