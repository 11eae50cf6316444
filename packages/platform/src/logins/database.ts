import {
  type RefusedLogin,
  ROLES_SQL,
  refusedLogins,
  SET_LOGINS_SCRIPT,
  type Secrets,
  type StoredRole,
  SUPERUSER,
} from '@sbmcrm/engines';
import { queryInside } from '../inside/database.ts';
import type { Platform } from '../opened.ts';
import { runIn } from '../repair/hosts.ts';

/** invalid_password; and what a server says of a role that is not there, or may not log in. */
const REFUSALS = ['28P01', '28000'];

/**
 * Which of the platform's roles a server refuses.
 *
 * @param name of its host
 * @returns undefined where the server does not answer
 */
export async function refusedBy(
  { cloud }: Pick<Platform, 'cloud'>,
  name: string,
  secrets: Secrets,
): Promise<RefusedLogin[] | undefined> {
  const host = (await cloud.listHosts()).find((each) => each.name === name);
  if (host?.initPid === undefined || host.initPid === null) return undefined;
  try {
    return refusedLogins(
      await queryInside<StoredRole>(cloud.access, host, secrets.postgresSuperuser, ROLES_SQL),
      secrets,
    );
  } catch (error) {
    const { code = '' } = error as { code?: string };
    // We are refused ourselves, so that nothing is known of the others.
    return REFUSALS.includes(code) ? [{ role: SUPERUSER, reason: `login refused (${code})` }] : undefined;
  }
}

/**
 * Gives the database's roles the passwords and the rights that the host's own file has for them; those of other roles stay.
 *
 * @param primary the host of the primary
 * @throws CommandError with the server's words
 */
export async function setLogins({ cloud }: Pick<Platform, 'cloud'>, primary: string): Promise<void> {
  await runIn(cloud, primary, SET_LOGINS_SCRIPT);
}
