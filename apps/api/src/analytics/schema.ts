import { z } from 'zod';

const DAY_MS = 86_400_000;
/** Days that a report is about when the request does not say so, today included. */
const USUAL_DAYS = 30;
const MOST_DAYS = 366;
/** Before it there was no CRM; and the database's years begin with 1. */
const FIRST_DAY = '2000-01-01';

const day = z.iso.date('is not a day like 2026-01-31').refine((text) => text >= FIRST_DAY, `is before ${FIRST_DAY}`);
const days = { from: day.optional(), to: day.optional() };

/** Days in UTC, both included. */
export interface Days {
  from: string;
  to: string;
}

interface GivenDays {
  from?: string | undefined;
  to?: string | undefined;
}

const dayOf = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
const startOf = (text: string) => Date.parse(`${text}T00:00:00Z`);

/** Fills in what is missing: up to today, as many days as usual. Pure. */
export function completeDays({ from, to }: GivenDays, nowMs: number): Days {
  const last = to ?? (from && from > dayOf(nowMs) ? from : dayOf(nowMs));
  return { from: from ?? dayOf(startOf(last) - (USUAL_DAYS - 1) * DAY_MS), to: last };
}

const checkDays = ({ from, to }: Days, context: z.RefinementCtx) => {
  if (to < from) context.addIssue({ code: 'custom', path: ['to'], message: `is before from (${from})` });
  else if (startOf(to) - startOf(from) >= MOST_DAYS * DAY_MS)
    context.addIssue({ code: 'custom', path: ['to'], message: `makes more than ${MOST_DAYS} days from ${from} on` });
};

/** `from` and `to` of a request. */
export const period = z
  .strictObject(days)
  .transform((given) => completeDays(given, Date.now()))
  .superRefine(checkDays);

export const nothing = z.strictObject({});

/** A number in a query string. */
export const top = z.strictObject({
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/, 'is no whole number from 1 to 100')
    .default('10')
    .transform(Number),
});
