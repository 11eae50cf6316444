import { callHttp } from '@sbmcrm/http';
import { z } from 'zod';

/** Values of one series over time. */
export interface Series {
  labels: Record<string, string>;
  /** Seconds since the epoch, and the value there; NaN where there is none. */
  points: [at: number, value: number][];
}

/** Longer than any of our own queries takes on a busy machine; Prometheus gives up at the same time. */
const TIMEOUT_MS = 10_000;

const sample = z.tuple([z.number(), z.string()]);
const answerSchema = z.union([
  z.object({
    status: z.literal('success'),
    data: z.object({
      result: z.union([
        sample.transform((value) => [{ metric: {}, values: [value] }]),
        z.array(
          z
            .object({
              metric: z.record(z.string(), z.string()),
              value: sample.optional(),
              values: z.array(sample).optional(),
            })
            .transform(({ metric, value, values }) => ({ metric, values: values ?? (value ? [value] : []) })),
        ),
      ]),
    }),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

/** A query that Prometheus does not understand, in one line. */
export class QueryError extends Error {}

/** The values of a query over the last time, or only now. */
export interface Range {
  /** Seconds since the epoch. */
  from: number;
  to: number;
  /** Seconds from one value to the next. */
  step: number;
}

/**
 * Asks a Prometheus.
 *
 * @param range missing: the value now
 * @throws QueryError where it does not understand the query; Error where it does not answer
 * @see https://prometheus.io/docs/prometheus/latest/querying/api/
 */
export async function query(base: string, text: string, range?: Range): Promise<Series[]> {
  const asked = new URLSearchParams({ query: text, timeout: `${TIMEOUT_MS / 1000}s` });
  if (range) {
    asked.set('start', `${range.from}`);
    asked.set('end', `${range.to}`);
    asked.set('step', `${range.step}`);
  }
  const reply = await callHttp(`${base}/api/v1/${range ? 'query_range' : 'query'}?${asked}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = answerSchema.parse(JSON.parse(reply.text));
  if (answer.status === 'error') throw new QueryError(answer.error);
  return answer.data.result.map(({ metric, values }) => ({
    labels: metric,
    points: values.map(([at, value]): [number, number] => [at, numberOf(value)]),
  }));
}

const numberOf = (text: string) =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
