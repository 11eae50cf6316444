import type { Observation } from '../observation.ts';
import type { Problem } from '../problem.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Somebody should know a month before. */
const WARN_DAYS = 30;

/** Logins that are refused, and those that will be. Pure. @param now milliseconds since the epoch */
export function ofLogins(
  { logins, certificatesEndMs }: Pick<Observation, 'logins' | 'certificatesEndMs'>,
  now: number,
): Problem[] {
  const { roles = [], caches = [], voters = [] } = logins ?? {};
  return [
    ...roles.map(
      ({ role, reason }): Problem => ({
        code: 'DATABASE_LOGIN_REFUSED',
        text: `the database does not take the platform's login ${role}: ${reason} (\`sbmcrm up\` sets it back)`,
      }),
    ),
    ...caches.map(
      ({ host, service, reason }): Problem => ({
        code: 'CACHE_LOGIN_REFUSED',
        host,
        text: `${service} on ${host} does not take the platform's password: ${reason} (\`sbmcrm up\` sets it back)`,
      }),
    ),
    ...voters.map(
      ({ host, reason }): Problem => ({
        code: 'ETCD_LOGIN_REFUSED',
        host,
        text: `etcd on ${host} and the platform do not take each other's certificate: ${reason} (\`sbmcrm up\` brings it there)`,
      }),
    ),
    ...certificates(certificatesEndMs, now),
  ];
}

function certificates(endMs: number | undefined, now: number): Problem[] {
  if (endMs === undefined || endMs - now > WARN_DAYS * DAY_MS) return [];
  const days = Math.floor((endMs - now) / DAY_MS);
  const date = new Date(endMs).toISOString().slice(0, 10);
  const when =
    days < 0
      ? `have ended on ${date}: \`sbmcrm up\` makes new ones`
      : `end on ${date}, in ${days} days: \`sbmcrm rotate certificates\``;
  return [{ code: 'CERTIFICATES_END', text: `etcd's certificates ${when}` }];
}
