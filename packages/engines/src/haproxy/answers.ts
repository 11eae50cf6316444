/** What a load balancer answers by itself, in the API's envelope: clients read one shape. */
interface OwnAnswer {
  status: number;
  code: string;
  message: string;
  /** Seconds, where waiting helps. */
  retryAfter?: number;
}

/** Codes are part of the contract, as the API's are: add, never rename. `docs/reference/api.md` lists them. */
export const OWN_ANSWERS: readonly OwnAnswer[] = [
  { status: 400, code: 'BAD_REQUEST', message: 'The request cannot be read.' },
  { status: 404, code: 'NOT_FOUND', message: 'There is no such route.' },
  { status: 408, code: 'REQUEST_TIMEOUT', message: 'The request did not arrive in time.' },
  { status: 500, code: 'INTERNAL', message: 'Something went wrong on our side.' },
  { status: 502, code: 'NO_ANSWER', message: 'The server broke off; look before you try again.' },
  {
    status: 503,
    code: 'NO_SERVER',
    message: 'No API server is there; nothing was changed. Try again.',
    retryAfter: 1,
  },
  { status: 504, code: 'NO_ANSWER', message: 'The server did not answer in time; look before you try again.' },
];

function body({ code, message }: Pick<OwnAnswer, 'code' | 'message'>): string {
  return JSON.stringify({ error: { code, message, details: [] } });
}

/** An argument of HAProxy's configuration, in quotes that take everything but themselves. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Lines for each section that answers HTTP. Pure. */
export function ownAnswers(): string[] {
  return OWN_ANSWERS.map((answer) => {
    const wait = answer.retryAfter === undefined ? '' : ` hdr Retry-After ${answer.retryAfter}`;
    return `  http-error status ${answer.status} content-type ${quoted(JSON_TYPE)} string ${quoted(body(answer))}${wait}`;
  });
}

/** In the words of the API, which it speaks for. */
const OVERLOADED = {
  code: 'OVERLOADED',
  message: 'More is asked than can be done now; nothing was changed. Try again later.',
};
/** As many may wait for a server: enough that none is idle, and few enough that they are answered soon. */
const MOST_QUEUED = 20;

/**
 * Refuses calls of the API while many wait for a place at a server already. A server that has time enough sets no limit, and nobody
 * waits. Pure.
 */
export function refuseOverload(backend: string): string[] {
  const isMuch = `{ queue(${backend}) gt ${MOST_QUEUED} }`;
  return [
    // Nor is a line written for each request: there may be thousands a second, and what became of them is counted.
    `  http-request set-log-level silent if ${isMuch}`,
    `  http-request return status 503 content-type ${quoted(JSON_TYPE)} string ${quoted(body(OVERLOADED))}` +
      ` hdr Retry-After %[rand(3),add(1)] if { path_beg /api/ } ${isMuch}`,
  ];
}

/** Paths of an API server that are for the platform only. */
const INTERNAL_PATHS = ['/metrics', '/readyz'];

/** The entry answers as if they were not there. Encoded letters are letters, as the server reads them. Pure. */
export function hideInternalPaths(): string[] {
  const notFound = OWN_ANSWERS.find(({ status }) => status === 404);
  if (!notFound) throw new Error('there is no answer 404');
  return [
    `  acl internal path,url_dec -m str ${INTERNAL_PATHS.join(' ')}`,
    `  http-request return status 404 content-type ${quoted(JSON_TYPE)} string ${quoted(body(notFound))} if internal`,
  ];
}
