/**
 * Every error code that the API answers with, its HTTP status and its message. Codes are part of the contract: add, never rename.
 * `docs/reference/api.md` lists them all (a test holds the two together).
 */
export const ERRORS = {
  VALIDATION: { status: 400, message: 'The request is not valid.' },
  BAD_REQUEST: { status: 400, message: 'The request cannot be read.' },
  IDEMPOTENCY_KEY_REQUIRED: { status: 400, message: 'This call needs an Idempotency-Key header.' },
  UNAUTHENTICATED: { status: 401, message: 'Log in first.' },
  INVALID_CREDENTIALS: { status: 401, message: 'E-mail or password is wrong.' },
  NOT_FOUND: { status: 404, message: 'There is no such route.' },
  CUSTOMER_NOT_FOUND: { status: 404, message: 'There is no such customer.' },
  REQUEST_TIMEOUT: { status: 408, message: 'The request did not arrive in time.' },
  IN_PROGRESS: { status: 409, message: 'A request with this Idempotency-Key is still running.' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The body is larger than 64 KB.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The body must be application/json.' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, message: 'This Idempotency-Key was used for another request.' },
  INSUFFICIENT_POINTS: { status: 422, message: 'The balance does not cover this.' },
  BALANCE_LIMIT: { status: 422, message: 'The balance would exceed its limit.' },
  TOO_MANY_LOGINS: { status: 429, message: 'Too many logins at once; try again.' },
  INTERNAL: { status: 500, message: 'Something went wrong on our side.' },
  UNAVAILABLE: { status: 503, message: 'The database is away; nothing was changed. Try again.' },
  OVERLOADED: { status: 503, message: 'More is asked than can be done now; nothing was changed. Try again later.' },
  RECORD_BUSY: { status: 503, message: 'Other requests hold this record; nothing was changed. Try again later.' },
  DATABASE_FULL: { status: 503, message: "The database's disk is full; nothing was changed." },
  OUTCOME_UNKNOWN: { status: 503, message: 'The connection broke while saving; look before you try again.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetail = { path: string; message: string };

/** Seconds after which to try again, where waiting helps. Most causes are likely gone in one; a disk is emptied by people. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  IN_PROGRESS: 1,
  TOO_MANY_LOGINS: 1,
  UNAVAILABLE: 1,
  OVERLOADED: 1,
  RECORD_BUSY: 1,
  DATABASE_FULL: 10,
  OUTCOME_UNKNOWN: 1,
};

/** However long the queue is, it may be gone sooner. */
const MOST_RETRY_AFTER = 10;

export interface ApiErrorOptions extends ErrorOptions {
  /** How long whoever asks would have had to wait, in milliseconds. */
  waitMs?: number;
}

/** An answer that is an error, thrown from anywhere below a route. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: readonly ErrorDetail[];
  readonly #waitMs: number;

  constructor(code: ErrorCode, details: readonly ErrorDetail[] = [], options: ApiErrorOptions = {}) {
    super(ERRORS[code].message, options);
    this.name = 'ApiError';
    this.code = code;
    this.status = ERRORS[code].status;
    this.details = details;
    this.#waitMs = options.waitMs ?? 0;
  }

  /** Seconds for Retry-After, where waiting helps. Spread over the expected wait, so that those refused do not all come back at once. */
  get retryAfter(): number | undefined {
    const least = RETRY_AFTER[this.code];
    if (least === undefined) return undefined;
    return least + Math.floor(Math.random() * Math.min(this.#waitMs / 1000, MOST_RETRY_AFTER));
  }
}

/** The error envelope of the HTTP contract. */
export function errorBody(error: ApiError): {
  error: { code: ErrorCode; message: string; details: readonly ErrorDetail[] };
} {
  return { error: { code: error.code, message: error.message, details: error.details } };
}
