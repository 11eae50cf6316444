export interface CheckResult {
  status: 'ok' | 'failed';
  latencyMs: number;
  detail?: string;
}

export interface CheckOptions {
  /** How long an answer is repeated. */
  cacheMs?: number;
  timeoutMs?: number;
}

/** Why a thing is not well, in words that are fit to be shown: no hosts, users or statements. */
export class Unwell extends Error {
  override readonly name = 'Unwell';
}

/**
 * Makes a health check out of a probe: it answers within the time-out, one probe runs at a time, and its answer serves all
 * who ask within the next second. So ten load balancers' checks never pile up on a server in trouble.
 *
 * @param probe resolves to a detail worth showing; rejects when the thing is not well
 */
export function createCheck(
  probe: () => Promise<string | undefined>,
  { cacheMs = 1000, timeoutMs = 2000 }: CheckOptions = {},
): () => Promise<CheckResult> {
  let current: Promise<CheckResult> | undefined;
  let probing: Promise<string | undefined> | undefined;
  let freshUntil = 0;
  return () => {
    if (current && performance.now() < freshUntil) return current;
    freshUntil = Number.POSITIVE_INFINITY;
    // A probe that outlived its time-out is waited for again, not doubled.
    probing ??= probe().finally(() => {
      probing = undefined;
    });
    current = measure(probing, timeoutMs).finally(() => {
      freshUntil = performance.now() + cacheMs;
    });
    return current;
  };
}

async function measure(probing: Promise<string | undefined>, timeoutMs: number): Promise<CheckResult> {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unwell(`no answer in ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    const detail = await Promise.race([probing, late]);
    return { status: 'ok', latencyMs: since(startedAt), ...(detail === undefined ? {} : { detail }) };
  } catch (error) {
    return { status: 'failed', latencyMs: since(startedAt), detail: describe(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Short, and without anything that a message may quote: hosts, users, statements. */
function describe(error: unknown): string {
  if (error instanceof Unwell) return error.message;
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'failed';
}

function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 10) / 10;
}
