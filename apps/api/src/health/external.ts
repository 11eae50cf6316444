import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { Config } from '../config.ts';
import { Unwell } from './check.ts';

type ExternalApi = Config['EXTERNAL_APIS'][number];

/** One that failed so often in a row is left alone … */
const FAILURES = 3;
/** … for so long: ten servers that ask each second would be in the way of its recovery. */
const PAUSE_MS = 10_000;

/**
 * Makes a look at all of others' APIs at once, which tells those that are away.
 *
 * @returns resolves to a note; throws {@link Unwell} with the names of those that do not answer below 500 in time
 */
export function createExternalLook(apis: readonly ExternalApi[]): () => Promise<string> {
  const looks = apis.map((api) => {
    const breaker = circuitBreaker(handleAll, { halfOpenAfter: PAUSE_MS, breaker: new ConsecutiveBreaker(FAILURES) });
    return { name: api.name, look: () => breaker.execute(() => reach(api)) };
  });
  return async () => {
    if (looks.length === 0) return 'none configured';
    const results = await Promise.allSettled(looks.map(({ look }) => look()));
    const away = results.flatMap((result, index) =>
      result.status === 'rejected' ? [`${looks[index]?.name} ${reasonOf(result.reason)}`] : [],
    );
    if (away.length > 0) throw new Unwell(away.join(', '));
    return `${looks.length} reached`;
  };
}

/** Any answer below 500 is one: whether we may use the API is not a question of health. */
async function reach({ url, timeoutMs }: ExternalApi): Promise<void> {
  const response = await fetch(url, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.body?.cancel();
  if (response.status >= 500) throw new Unwell(`answers ${response.status}`);
}

/** Short, and without addresses. */
function reasonOf(error: unknown): string {
  if (error instanceof Unwell) return error.message;
  if (error instanceof BrokenCircuitError) return `is away, asked again every ${PAUSE_MS / 1000} s`;
  return (error as Error).name === 'TimeoutError' ? 'does not answer in time' : 'cannot be reached';
}
