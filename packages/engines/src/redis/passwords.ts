import { PORTS } from '@sbmcrm/topology';
import { CONFIG_DIR, type RenderContext, runScript } from '../common/context.ts';
import { REDIS_MASTER_NAME, REDIS_SOCKET } from './names.ts';

/** Below `/etc/sbmcrm`. */
export const REDIS_PASSWORDS = 'redis/passwords.conf';
export const SENTINEL_PASSWORDS = 'sentinel/passwords.conf';
/** With it a cache host asks the Sentinels who is master. */
export const SENTINEL_PASS = 'redis/sentinel.pass';

type Own = Pick<RenderContext, 'secrets'>;

/** The one user there is, with the passwords that are accepted: two while they are rotated. */
const user = (passwords: readonly (string | undefined)[]) =>
  `user default on ${passwords.flatMap((each) => (each === undefined ? [] : `>${each}`)).join(' ')} ~* &* +@all`;

/** Redis' passwords: those that it accepts, and the one that it gives its master. */
export function redisPasswords({ secrets: { redis, also } }: Own): string {
  return `${user([redis, also?.redis])}\nmasterauth ${redis}\n`;
}

/** Sentinel's passwords: those that it accepts, and those that it gives other Sentinels and the master. */
export function sentinelPasswords({ secrets: { redis, sentinel, also } }: Own): string {
  return [
    user([sentinel, also?.sentinel]),
    `sentinel sentinel-pass ${sentinel}`,
    `sentinel auth-pass ${REDIS_MASTER_NAME} ${redis}`,
    '',
  ].join('\n');
}

/** A script that tells a running server of its file. Passwords go through pipes alone: others see a command's arguments. */
function tell(service: string, file: string, reach: string, commands: readonly string[]): string {
  return runScript(
    `file=${CONFIG_DIR}/${file}`,
    // One that does not run begins with them.
    `sv status /run/service/${service} | grep -q '^run:' || exit 0`,
    "passwords=$(sed -n 's/^user default on \\(.*\\) ~.*/\\1/p' $file | tr -d '>')",
    `ask() { redis-cli --no-auth-warning ${reach}; }`,
    'known=',
    'for REDISCLI_AUTH in $passwords; do',
    '  export REDISCLI_AUTH',
    '  case $(echo ACL WHOAMI | ask 2>&1) in *default) known=1; break ;; esac',
    'done',
    '[ -n "$known" ] || { echo "it refuses every password that it should accept"; exit 1; }',
    `answers=$({ echo "ACL SETUSER default resetpass $(printf '>%s ' $passwords)"; ${commands.join('; ')}; } | ask)`,
    // It says OK to each, and nothing else.
    `[ "$(echo $answers)" = "${Array(commands.length + 1)
      .fill('OK')
      .join(' ')}" ] || { echo "it did not take them over"; exit 1; }`,
  );
}

/** Tells a running Redis of its file. */
export const TELL_REDIS = tell('redis', REDIS_PASSWORDS, `-s ${REDIS_SOCKET}`, [
  "sed -n 's/^masterauth /CONFIG SET masterauth /p' $file",
]);

/** Tells a running Sentinel of its file. */
export const TELL_SENTINEL = tell('sentinel', SENTINEL_PASSWORDS, `-p ${PORTS.sentinel}`, [
  "sed -n 's/^sentinel sentinel-pass /SENTINEL CONFIG SET sentinel-pass /p' $file",
  "sed -n 's/^sentinel auth-pass \\([^ ]*\\) /SENTINEL SET \\1 auth-pass /p' $file",
]);
