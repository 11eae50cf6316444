import { dirname } from 'node:path';
import type { DatabaseStatus, Maintenance, Silence } from '@sbmcrm/engines';
import { silenceText } from '../alerts/silence-text.ts';
import type { Observation } from './observation.ts';
import type { Notice } from './problem.ts';

type Noticed = Pick<Observation, 'copies' | 'rotation' | 'silences'> & {
  database: Pick<DatabaseStatus, 'maintenance'>;
};

/** What is to be known of a platform, as it was seen. Pure. @param now milliseconds since the epoch */
export function noticesOf({ copies = [], rotation, silences = [], database }: Noticed, now: number): Notice[] {
  const kept = copies.filter(({ isMissing }) => !isMissing);
  return [
    ...maintenanceNotice(database.maintenance, now),
    ...kept.map(
      ({ host, path, commits }): Notice => ({
        code: 'DATABASE_COPY_KEPT',
        host,
        text: `${host} keeps ${commitsText(commits)} that the primary lacks in ${path}: look, then \`sbmcrm exec ${host} -- rm -rf ${dirname(path)}\``,
      }),
    ),
    ...(rotation === undefined
      ? []
      : [
          {
            code: 'ROTATION_UNFINISHED' as const,
            text: `the rotation of the ${rotation} was not ended, and two passwords are valid: \`sbmcrm rotate ${rotation}\` goes on with it`,
          },
        ]),
    ...silenceNotices(silences),
  ];
}

/** Who does not know of a silence takes it for a quiet night. Those made for the same reason are one. Pure. */
function silenceNotices(silences: readonly Silence[]): Notice[] {
  const reasons = new Map<string, Silence[]>();
  for (const silence of silences) {
    const reason = `${silence.createdBy}: ${silence.comment}`;
    reasons.set(reason, [...(reasons.get(reason) ?? []), silence]);
  }
  return [...reasons].map(([reason, made]): Notice => {
    const last = made.reduce((until, { endsAt }) => (endsAt > until ? endsAt : until), '');
    return {
      code: 'ALERTS_SILENCED',
      text: `until ${last.slice(0, 16).replace('T', ' ')} UTC nobody is told of ${made.map(silenceText).join(', ')} (${reason}); \`sbmcrm silence list\``,
    };
  });
}

/** A reminder: it looks as if all were well, until something fails. Pure. @param now milliseconds since the epoch */
export function maintenanceNotice(held: Maintenance | undefined, now: number): Notice[] {
  if (!held) return [];
  const { untilMs } = held;
  const end =
    untilMs === null
      ? 'without an end'
      : `until ${new Date(untilMs).toISOString().slice(0, 16).replace('T', ' ')} UTC, for ${Math.max(0, Math.ceil((untilMs - now) / 60_000))} min`;
  return [
    {
      code: 'MAINTENANCE',
      text: `maintenance ${end}: nobody takes over from a primary that fails, and no server of the database is started or copied (\`sbmcrm maintenance off\` ends it)`,
    },
  ];
}

/** So many transactions, in words. Pure. */
export const commitsText = (commits: number | undefined) =>
  commits === undefined ? 'transactions' : commits === 1 ? '1 transaction' : `${commits} transactions`;
