import { type Matcher, type Silence, Silencer } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { operator } from '@sbmcrm/local/events';
import { hostsInRole } from '@sbmcrm/topology';
import type { Platform } from '../opened.ts';
import { readSecrets } from '../secrets.ts';
import { isUp } from '../status/observe.ts';

type Silenced = Pick<Platform, 'spec' | 'topology' | 'record' | 'paths'>;

/** What a silence is of, until when, and why. */
interface Wanted {
  matchers: Matcher[];
  /** From now on, in milliseconds. */
  forMs: number;
  comment: string;
}

/** Those of a platform's Alertmanagers that it should have; none where nothing watches it, or it is down. */
function silencers({ spec, topology, record, paths }: Silenced): Silencer[] {
  if (!spec.monitoring.enabled || !isUp({ record, paths })) return [];
  const { alertmanager = '' } = readSecrets(paths);
  return hostsInRole(topology, 'monitor').map((host) => new Silencer(host, alertmanager));
}

/** Silences that hold; undefined where no Alertmanager answers, or none is wanted. Takes seconds at most. */
export async function observeSilences(platform: Silenced): Promise<Silence[] | undefined> {
  const told = await Promise.all(silencers(platform).map((each) => each.list()));
  const known = told.filter((each) => each !== undefined);
  if (known.length === 0) return undefined;
  // What one was told a moment ago the other may not know yet.
  return [...new Map(known.flat().map((silence) => [silence.id, silence])).values()];
}

/** The same, for who needs to know. @throws ToolError as {@link silence} does */
export async function listSilences(platform: Silenced): Promise<Silence[]> {
  askable(platform);
  const silences = await observeSilences(platform);
  if (silences === undefined) throw silent();
  return silences;
}

/**
 * Makes a silence. Of a pair one is told, and passes it on; the other one is, where the first does not answer.
 *
 * @throws ToolError NOT_OFFERED where nothing watches the platform, HOST_NOT_RUNNING where no Alertmanager answers
 */
export async function silence(platform: Silenced, wanted: Wanted): Promise<Silence> {
  const made = silenceOf(wanted, new Date());
  for (const each of askable(platform)) {
    const id = await each.put(made);
    if (id !== undefined) return { id, ...made };
  }
  throw silent();
}

/**
 * Gives silences another end, from now on. Each Alertmanager that answers is told: they may not hear each other. Never throws.
 *
 * @param forMs in milliseconds
 */
export async function prolongSilences(platform: Silenced, ids: readonly string[], forMs: number): Promise<void> {
  const prolong = async (asked: Silencer) => {
    const endsAt = new Date(Date.now() + forMs).toISOString();
    const own = ((await asked.list()) ?? []).filter(({ id }) => ids.includes(id));
    // With its own beginning it stays the same one.
    await Promise.all(own.map(({ id, ...silence }) => asked.put({ ...silence, endsAt }, id)));
  };
  try {
    await Promise.all(silencers(platform).map(prolong));
  } catch {
    // the next time, or they end by themselves
  }
}

/** Ends silences at once. @throws ToolError as {@link silence} does */
export async function endSilences(platform: Silenced, ids: readonly string[]): Promise<void> {
  const asked = askable(platform);
  const ended = await Promise.all(
    ids.map(async (id) => (await Promise.all(asked.map((each) => each.end(id)))).includes(true)),
  );
  // All are tried: one that nobody could end is no reason to leave the others.
  if (ended.includes(false)) throw silent();
}

function askable(platform: Silenced): Silencer[] {
  const asked = silencers(platform);
  if (!platform.spec.monitoring.enabled) {
    throw new ToolError('NOT_OFFERED', 'nothing watches the platform: set monitoring.enabled: true, then `sbmcrm up`');
  }
  if (asked.length === 0) throw silent();
  return asked;
}

const silent = () =>
  new ToolError('HOST_NOT_RUNNING', 'no Alertmanager answers: see `sbmcrm status`, and `sbmcrm up` brings them back');

function silenceOf({ matchers, forMs, comment }: Wanted, now: Date): Omit<Silence, 'id'> {
  const endsAt = new Date(now.getTime() + forMs).toISOString();
  return { matchers, startsAt: now.toISOString(), endsAt, createdBy: operator(), comment };
}
