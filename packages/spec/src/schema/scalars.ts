import { z } from 'zod';
import { listOr, show } from '../text.ts';
import {
  DURATION_PATTERN,
  PERCENT_PATTERN,
  parseDuration,
  parsePercent,
  parseSize,
  parseTimeOfDay,
  SIZE_PATTERN,
  TIME_OF_DAY_PATTERN,
} from '../units.ts';

/** Every value's schema says in one sentence what it is `about`: the JSON Schema, and so editors, show it. */
interface About {
  about: string;
}

/** A zod `error` that reads `"twenty" is not a whole number from 1 to 1000`. */
function expected(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => {
    if (input === undefined) return `is missing: expected ${what}`;
    if (input === null) return `is empty: expected ${what}`;
    return `${show(input)} is not ${what}`;
  };
}

/** A block of keys. Unknown keys are refused; the loader finds the nearest right one. */
export function block<const Shape extends z.core.$ZodShape>(about: string, shape: Shape) {
  const error = (issue: z.core.$ZodRawIssue) =>
    issue.code === 'invalid_type'
      ? expected(`a block with the keys ${Object.keys(shape).join(', ')}`)(issue)
      : undefined;
  return z.strictObject(shape, { error }).meta({ description: about });
}

export function list<Item extends z.ZodType>(item: Item, { about, from, to }: About & { from: number; to: number }) {
  const what = `a list with ${from} to ${to} entries`;
  const error = (issue: z.core.$ZodRawIssue) =>
    Array.isArray(issue.input) ? `has ${issue.input.length} entries: expected ${what}` : expected(what)(issue);
  return z.array(item, { error }).min(from, { error }).max(to, { error }).meta({ description: about });
}

export function flag({ about, default: value }: About & { default: boolean }) {
  return z
    .boolean({ error: expected('true or false') })
    .meta({ description: about })
    .prefault(value);
}

export function wholeNumber({ about, from, to }: About & { from: number; to: number }) {
  const error = expected(`a whole number from ${from} to ${to}`);
  return z.int({ error }).min(from, { error }).max(to, { error }).meta({ description: about });
}

/** A number with one decimal at most. Editors show its bounds: most of them take 0.3 for no multiple of 0.1. */
export function tenths({ about, from, to }: About & { from: number; to: number }) {
  const error = expected(`a number from ${from} to ${to} with one decimal at most`);
  return z
    .number({ error })
    .min(from, { error })
    .max(to, { error })
    .refine((value) => Number(value.toFixed(1)) === value, { error })
    .meta({ description: about });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values, { about }: About) {
  return z
    .enum(values, { error: expected(values.length === 1 ? `${values[0]}, the only choice` : listOr(values)) })
    .meta({ description: about });
}

/** Text of a given form; `what` names the form for the error message. */
export function text({ about, pattern, what }: About & { pattern: RegExp; what: string }) {
  const error = expected(what);
  return z.string({ error }).regex(pattern, { error }).meta({ description: about });
}

interface Quantity extends About {
  /** Least value, in the spec's notation. */
  from: string;
  /** Greatest value, in the spec's notation. */
  to: string;
  /** The value of a spec that does not say. */
  default: string;
}

/** A duration such as `30s`; milliseconds in the parsed spec. `whole` refuses fractions of that unit. */
export function duration({ whole, ...quantity }: Quantity & { whole?: '1s' | '1d' }) {
  const unit = whole === undefined ? '' : ` in whole ${whole === '1d' ? 'days' : 'seconds'}`;
  return measured(quantity, {
    about: withRange(quantity),
    what: `a duration from ${quantity.from} to ${quantity.to}${unit}, such as ${quantity.default}`,
    pattern: DURATION_PATTERN,
    parse: parseDuration,
    step: whole === undefined ? 1 : parseDuration(whole),
  });
}

/** A size such as `8GB`; bytes in the parsed spec. */
export function size(quantity: Quantity) {
  const what = `a size from ${quantity.from} to ${quantity.to}, such as ${quantity.default}`;
  return measured(quantity, { about: withRange(quantity), what, pattern: SIZE_PATTERN, parse: parseSize, step: 1 });
}

/** A percentage such as `70%`; the number before the sign in the parsed spec. */
export function percent(quantity: Quantity) {
  const what = `a percentage from ${quantity.from} to ${quantity.to}, such as ${quantity.default}`;
  return measured(quantity, {
    about: withRange(quantity),
    what,
    pattern: PERCENT_PATTERN,
    parse: parsePercent,
    step: 0,
  });
}

/** A time of day such as `"02:00"`; minutes after midnight in the parsed spec. */
export function timeOfDay({ about, default: value }: About & { default: string }) {
  return measured(
    { default: value, from: '00:00', to: '23:59' },
    { about, what: `a time of day such as "${value}"`, pattern: TIME_OF_DAY_PATTERN, parse: parseTimeOfDay, step: 1 },
  );
}

/** Editors show the bounds: a pattern cannot express them. */
const withRange = ({ about, from, to }: Quantity) => `${about} From ${from} to ${to}.`;

interface Notation extends About {
  what: string;
  pattern: RegExp;
  parse: (text: string) => number;
  /** The value must be a multiple of this; 0 for any. */
  step: number;
}

/** Text in, number out. */
function measured(quantity: Omit<Quantity, 'about'>, notation: Notation) {
  const { what, pattern, parse, step } = notation;
  const least = parse(quantity.from);
  const greatest = parse(quantity.to);
  const refuse = expected(what);
  const error = (issue: { readonly input?: unknown }) =>
    typeof issue.input === 'number' ? `${show(issue.input)} has no unit: expected ${what}` : refuse(issue);
  return z
    .string({ error })
    .regex(pattern, { error })
    .transform((input, context) => {
      // A string of digits can still be too long for a number: out of range like any other.
      const value = tryParse(parse, input);
      if (value >= least && value <= greatest && (step === 0 || value % step === 0)) return value;
      context.addIssue({ code: 'custom', message: refuse({ input }), input });
      return z.NEVER;
    })
    .meta({ description: notation.about })
    .prefault(quantity.default);
}

function tryParse(parse: (text: string) => number, input: string): number {
  try {
    return parse(input);
  } catch {
    return Number.NaN;
  }
}
