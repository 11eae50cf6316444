import type { Silence } from '@sbmcrm/engines';
import { alertsOf, isOfHost } from '@sbmcrm/engines/prometheus';
import { openAsApplied } from '@sbmcrm/platform/applied';
import { endSilences, listSilences, matchersOf, silence, silenceText } from '@sbmcrm/platform/silences';
import type { Command } from 'commander';
import { workspaceOf } from '../context.ts';
import { durationOption } from '../durations.ts';
import { UsageError } from '../exit.ts';
import { print } from '../options.ts';
import { table } from '../text/table.ts';

const BOUNDS_MS = [60_000, 30 * 24 * 3_600_000] as const;
const MOST_COMMENT = 200;
/** So much of an id tells one from the others, for people. */
const SHORT = 8;

export async function runSilenceAdd(
  alert: string,
  { host, for: span, comment }: { host?: string; for: string; comment: string },
  command: Command,
): Promise<void> {
  const forMs = durationOption('--for', span, BOUNDS_MS);
  if (comment.length > MOST_COMMENT || /\p{Cc}/u.test(comment))
    throw new UsageError(`--comment: give one line of at most ${MOST_COMMENT} characters`);
  const { platform } = await openAsApplied(workspaceOf(command));
  const { topology } = platform;
  // Also those that hold only once their time has come.
  const alerts = alertsOf({ ...platform, certificatesEndMs: Date.now() });
  const names = alerts.map(({ name }) => name);
  if (alert !== 'all' && !names.includes(alert))
    throw new UsageError(`there is no alert "${alert}" (there are: ${names.join(', ')}; or all)`);
  const hosts = topology.hosts.map(({ name }) => name);
  if (host !== undefined && !hosts.includes(host))
    throw new UsageError(`--host: there is no "${host}" (there are: ${hosts.join(', ')})`);
  const known = alerts.find(({ name }) => name === alert);
  if (host !== undefined && known && !isOfHost(known))
    throw new UsageError(`--host: ${alert} is about no single host, silence it without`);
  // That alerts work is to be told in any case: Watchdog is none of them.
  const of = alert === 'all' ? names : [alert];
  const made = await silence(platform, { matchers: matchersOf(of, host === undefined ? [] : [host]), forMs, comment });
  print(
    command,
    made,
    `Nobody is told of ${what(made)} until ${made.endsAt}; \`sbmcrm silence end ${short(made)}\` ends it.`,
  );
}

export async function runSilenceList(_options: unknown, command: Command): Promise<void> {
  const { platform } = await openAsApplied(workspaceOf(command));
  const silences = await listSilences(platform);
  print(command, silences, silences.length === 0 ? 'no silences' : silencesText(silences));
}

export async function runSilenceEnd(id: string, _options: unknown, command: Command): Promise<void> {
  const { platform } = await openAsApplied(workspaceOf(command));
  const silences = await listSilences(platform);
  const found = silences.filter((each) => id === 'all' || (id !== '' && each.id.startsWith(id)));
  if (id !== 'all' && found.length !== 1) {
    const why = found.length === 0 ? 'there is no silence' : `${found.length} silences begin with`;
    throw new UsageError(`${why} "${id}": see \`sbmcrm silence list\``);
  }
  const ids = found.map((each) => each.id);
  await endSilences(platform, ids);
  print(command, { ended: ids }, ids.length === 0 ? 'no silences' : `ended ${found.map(short).join(', ')}`);
}

const short = ({ id }: Pick<Silence, 'id'>) => id.slice(0, SHORT);
const time = (iso: string) => iso.slice(0, 16).replace('T', ' ');
/** All alerts by name are many words. */
const what = (made: Pick<Silence, 'matchers'>) => {
  const text = silenceText(made);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
};

/** Pure. */
export function silencesText(silences: readonly Silence[]): string {
  const rows = silences.map((each) => [short(each), what(each), time(each.endsAt), each.createdBy, each.comment]);
  return table([['ID', 'OF', 'UNTIL (UTC)', 'BY', 'WHY'], ...rows]);
}
