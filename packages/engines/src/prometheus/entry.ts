import { HEALTH_PROXY } from '../haproxy/config.ts';

const REQUESTS = 'http_requests_total';
const RESPONSES = 'http_responses_total';

/** Of what clients ask at the public entry; who asks how the platform is does not count. */
function atEntry(over: (series: string) => string, figure: string, labels = ''): string {
  const all = `sum(${over(`haproxy_frontend_${figure}{proxy="http"${labels}}`)})`;
  const health = `sum(${over(`haproxy_backend_${figure}{proxy="${HEALTH_PROXY}"${labels}}`)})`;
  return `clamp_min(${all} - (${health} or vector(0)), 0)`;
}

/** Requests, by `rate` or `increase` over a time such as `30s`. Pure. */
export const entryRequests = (how: 'rate' | 'increase', window: string) =>
  atEntry((series) => `${how}(${series}[${window}])`, REQUESTS);

/** Of them those that ended with a 5xx, refusals included. Pure. */
export const entryFailures = (how: 'rate' | 'increase', window: string) =>
  atEntry((series) => `${how}(${series}[${window}])`, RESPONSES, ',code="5xx"');
