import { DATABASE_AGENT, type Secrets } from '@sbmcrm/engines';
import type { Platform } from '../opened.ts';
import { observeCache, observeDatabase } from '../status/observe.ts';
import type { Step } from '../up/plan.ts';
import { setLogins } from './database.ts';
import { lookAtLogins, type RefusedLogins } from './look.ts';

/** What sets logins back. */
export type LoginStep = Extract<Step, { do: 'set-logins' }>;

/**
 * What is to be done about logins that are refused: pure. Nothing about members of etcd: they have their certificates from their files,
 * and `up` brings those.
 */
export function loginSteps(
  { roles, caches }: Pick<RefusedLogins, 'roles' | 'caches'>,
  primary: string | null,
): LoginStep[] {
  const database: LoginStep[] =
    primary === null || roles.length === 0
      ? []
      : [{ do: 'set-logins', host: primary, service: DATABASE_AGENT, logins: roles.map(({ role }) => role) }];
  return [
    ...database,
    ...caches.map(({ host, service }): LoginStep => ({ do: 'set-logins', host, service, logins: ['default'] })),
  ];
}

/** @throws Error in one line */
export async function setBack(platform: Pick<Platform, 'cloud'>, { host, service }: LoginStep): Promise<void> {
  // Redis and Sentinel read their passwords when they start.
  if (service === DATABASE_AGENT) await setLogins(platform, host);
  else await platform.cloud.refreshService(host, service);
}

/** What is to be done about logins now. */
export async function dueLogins(platform: Platform, secrets: Secrets): Promise<LoginStep[]> {
  const [{ primary }, cache] = await Promise.all([observeDatabase(platform), observeCache(platform, secrets)]);
  return loginSteps(await lookAtLogins(platform, secrets, { primary, cache }), primary);
}
