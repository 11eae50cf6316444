import { DATABASE_AGENT, type Secrets } from '@sbmcrm/engines';
import type { Platform } from '../opened.ts';
import { waitFor } from '../progress.ts';
import { observeCache, observeDatabase } from '../status/observe.ts';
import type { Step } from '../up/plan.ts';
import { setLogins } from './database.ts';
import { lookAtLogins, type RefusedLogins } from './look.ts';

/** A cache that is started again follows within seconds. */
const FOLLOW_MS = 15_000;

/** What sets logins back. */
export type LoginStep = Extract<Step, { do: 'set-logins' }>;

/**
 * What is to be done about logins that are refused: pure. Nothing about members of etcd: they have their certificates from their files,
 * and `up` brings those.
 */
export function loginSteps(
  { roles, caches }: Pick<RefusedLogins, 'roles' | 'caches'>,
  primary: string | null,
  cachePrimary: string | null,
): LoginStep[] {
  const database: LoginStep[] =
    primary === null || roles.length === 0
      ? []
      : [{ do: 'set-logins', host: primary, service: DATABASE_AGENT, logins: roles.map(({ role }) => role) }];
  return [
    ...database,
    // A primary last: it is started again once the others follow somebody.
    ...[...caches]
      .sort((x, y) => Number(x.host === cachePrimary) - Number(y.host === cachePrimary))
      .map(({ host, service }): LoginStep => ({ do: 'set-logins', host, service, logins: ['default'] })),
  ];
}

/** @throws Error in one line */
export async function setBack(platform: Platform, secrets: Secrets, { host, service }: LoginStep): Promise<void> {
  if (service === DATABASE_AGENT) return setLogins(platform, host);
  // Redis and Sentinel read their passwords when they start.
  await platform.cloud.refreshService(host, service);
  const isBack = async () => {
    const { primary, members } = await observeCache(platform, secrets);
    const member = members.find(({ name }) => name === host);
    return !member || host === primary || member.linked ? undefined : `${host} does not follow the primary yet`;
  };
  // Two that start at the same time have nobody to follow. What does not come is told where the cache is waited for.
  await waitFor(isBack, { timeoutMs: FOLLOW_MS }).catch(() => {});
}

/** What is to be done about logins now. */
export async function dueLogins(platform: Platform, secrets: Secrets): Promise<LoginStep[]> {
  const [{ primary }, cache] = await Promise.all([observeDatabase(platform), observeCache(platform, secrets)]);
  return loginSteps(await lookAtLogins(platform, secrets, { primary, cache }), primary, cache.primary);
}
