/** How long a canary may take in all: a login, a write and a read. */
export const CANARY_MS = 2500;

/** Whether a write and an own read work for a client of the CRM. */
export type CanaryResult = { ok: true } | { ok: false; reason: string };

/** A call of the canary's. */
export type CanaryCall =
  | { step: 'login' }
  | { step: 'write'; token: string }
  | { step: 'read'; token: string; readAfter: string | undefined };

/** What was answered; a string: why there is no answer, to stand after "a write through URL". */
export type CanaryAnswer =
  | { status: number; code?: string; token?: string; count?: number; readAfter?: string }
  | 'silent'
  | 'broken';

/** Where the session is kept between two canaries: a login costs the server a fifth of a second of a core. */
export interface KeptSession {
  read(): string | undefined;
  keep(token: string): void;
}

const WHAT: Record<CanaryCall['step'], string> = {
  login: 'a login',
  write: 'a write',
  read: 'the own read after a write',
};

/** What codes of the API mean; for others the code says enough. */
const MEANING: Readonly<Record<string, string>> = {
  DATABASE_FULL: 'disk full',
  UNAVAILABLE: 'no primary in time',
  OVERLOADED: 'more is asked than can be done',
  INVALID_CREDENTIALS:
    "the administrator has another password in the CRM than the platform's secrets say: set it back there",
  OUTCOME_UNKNOWN: 'the connection to the database broke while saving',
  NOT_FOUND: 'the API servers run an older version: `sbmcrm down`, then `sbmcrm up`',
};

/** Why a call did not do what it should, in words. Pure. */
export function canaryReason(url: string, step: CanaryCall['step'], answer: CanaryAnswer): string {
  const what = `${WHAT[step]} through ${url}`;
  if (answer === 'silent') {
    return `${what} was not ${step === 'write' ? 'acknowledged' : 'answered'} within ${CANARY_MS / 1000} s`;
  }
  if (answer === 'broken') return `${what} got no answer: the connection broke`;
  const { status, code } = answer;
  const meaning = code === undefined ? undefined : MEANING[code];
  return `${what} was answered ${status}${code ? ` ${code}` : ''}${meaning ? ` (${meaning})` : ''}`;
}

const isDone = (answer: CanaryAnswer | undefined): answer is Exclude<CanaryAnswer, string> =>
  typeof answer === 'object' && answer.status === 200;

/**
 * A real write and an own read, as a client of the CRM makes them: with the session that is kept, or a new one where the server
 * does not know it (any more).
 *
 * @param exchange makes a call; the time for all of them is its affair
 */
export async function checkCanary(
  url: string,
  exchange: (call: CanaryCall) => Promise<CanaryAnswer>,
  session: KeptSession,
): Promise<CanaryResult> {
  const failed = (step: CanaryCall['step'], answer: CanaryAnswer): CanaryResult => ({
    ok: false,
    reason: canaryReason(url, step, answer),
  });
  let token = session.read();
  let written = token === undefined ? undefined : await exchange({ step: 'write', token });
  if (token === undefined || (typeof written === 'object' && written.status === 401)) {
    const login = await exchange({ step: 'login' });
    if (!isDone(login) || login.token === undefined) return failed('login', login);
    token = login.token;
    session.keep(token);
    written = await exchange({ step: 'write', token });
  }
  if (written === undefined || !isDone(written) || written.count === undefined) {
    return failed('write', written ?? 'broken');
  }
  const read = await exchange({ step: 'read', token, readAfter: written.readAfter });
  if (!isDone(read)) return failed('read', read);
  // Others may have counted on since.
  if ((read.count ?? 0) >= written.count) return { ok: true };
  return { ok: false, reason: `an own read through ${url} did not show the write before it` };
}
