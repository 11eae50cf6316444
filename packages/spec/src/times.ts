import { Cron } from 'croner';

/** Times that come again and again, in milliseconds since the epoch. */
export interface Times {
  /** The first after a moment; undefined: never again. */
  next(afterMs: number): number | undefined;
  /** The last that has come by a moment, itself included; undefined: none has. */
  latest(nowMs: number): number | undefined;
}

/**
 * What a cron expression means: five fields, or `@daily` and its like. An hour that a time zone leaves out in spring is made up for, one
 * that it repeats in autumn counts once.
 *
 * @throws Error in one line for what is no such expression
 * @see https://croner.56k.guru/usage/pattern/
 */
export function timesOf(expression: string, timezone: string): Times {
  const cron = new Cron(expression, { timezone, mode: '5-part', fixedTimeRule: 'no-wildcard', paused: true });
  return {
    next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime(),
    latest: (nowMs) => cron.previousRuns(1, new Date(Math.floor(nowMs) + 1))[0]?.getTime(),
  };
}
