/**
 * What a line of the log says of a request that did not end as it should; of its path without what was asked for, which may name people.
 *
 * @see https://docs.haproxy.org/3.0/configuration.html#8.2.6
 */
const LINE =
  '%{+json}o %(requestId)ID %(method)HM %(path)HPO %(status)ST %(backend)b %(server)s %(ms)Ta %(retries)rc %(termination)ts';

/**
 * Each request has an id, by which the logs of all who had to do with it are found: it goes to the API server and back to the client. One
 * that a client sends is not taken. Logged is what ended badly; what an API server refuses is in its own log, and that is bounded. Pure.
 */
export function requestIds(): string[] {
  return [
    '  unique-id-format %[uuid()]',
    '  http-request set-header X-Request-Id %[unique-id]',
    '  http-after-response set-header X-Request-Id %[unique-id]',
    '  option dontlog-normal',
    // Else they were of no more weight than what is not logged.
    '  option log-separate-errors',
    `  log-format "${LINE}"`,
    '  http-response set-log-level silent if { status 503 }',
  ];
}
