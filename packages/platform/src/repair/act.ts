import {
  copyProgress,
  etcdClient,
  etcdHosts,
  etcdMemberHealthy,
  FORGET_REPLACED_SCRIPT,
  forgetMemberScript,
  putAsideScript,
  REBUILD_REFUSED,
  REPLACES,
  replaceMember,
  replaceServerScript,
  SERVER_SIZE_SCRIPT,
  type Secrets,
  waitsForTurn,
} from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { CommandError } from '@sbmcrm/local';
import type { Host } from '@sbmcrm/topology';
import { askInside } from '../inside/database.ts';
import type { Platform } from '../opened.ts';
import { Interrupted, waitFor } from '../progress.ts';
import { observeCache, observeDatabase } from '../status/observe.ts';
import { copyText } from './copy-text.ts';
import { checkOf, type Suspect } from './damage.ts';
import { endOfLog, runIn } from './hosts.ts';

/** What a repair works with. */
export interface Repairing {
  platform: Platform;
  secrets: Secrets;
  note: (text: string) => void;
  signal?: AbortSignal | undefined;
}

/** A member that was replaced has joined by then, or says in its log why not. */
const JOIN_TIMEOUT_MS = 60_000;
/** A copy that gets on takes as long as it takes; one that does not for so long never ends. */
const STUCK_MS = 120_000;
const LOOK_EVERY_MS = 200;
/** To read a log takes a process. */
const READ_EVERY_MS = 1000;
/** A checkpoint that takes longer is waited for no more: the copy is as good without it. */
const CHECKPOINT_MS = 20_000;

/**
 * Gives up the data on a host and lets it get them again from the others. Cut short at any moment, it can be done again.
 *
 * @throws ToolError in one line
 */
export async function repairData(repairing: Repairing, { host: name, part }: Suspect): Promise<void> {
  const { platform } = repairing;
  const host = platform.topology.hosts.find((each) => each.name === name);
  if (!host) throw new ToolError('UNKNOWN_HOST', `there is no host "${name}"`);
  const doIt = { quorum: repairVoter, cache: repairCache, database: repairServer }[part];
  await doIt(repairing, host);
}

async function repairVoter({ platform, secrets, note, signal }: Repairing, host: Host): Promise<void> {
  const { cloud, topology } = platform;
  const { service } = checkOf('quorum');
  const others = { ...topology, hosts: etcdHosts(topology).filter(({ name }) => name !== host.name) };
  await runIn(cloud, host.name, forgetMemberScript());
  await replaceMember(etcdClient(others, secrets), host);
  await cloud.startService(host.name, service);
  await waitFor(async () => ((await etcdMemberHealthy(host)) ? undefined : `${host.name} joins the others`), {
    timeoutMs: JOIN_TIMEOUT_MS,
    note,
    signal,
    hint: `see \`sbmcrm logs ${host.name}/${service}\``,
  });
}

async function repairCache({ platform, secrets, note, signal }: Repairing, host: Host): Promise<void> {
  const { cloud } = platform;
  const { service } = checkOf('cache');
  await runIn(cloud, host.name, putAsideScript());
  await cloud.startService(host.name, service);
  const isBack = async () => {
    const { primary, members } = await observeCache(platform, secrets);
    return primary === host.name || members.some(({ name, linked }) => name === host.name && linked);
  };
  await waitFor(async () => ((await isBack()) ? undefined : `${host.name} fetches all from the primary`), {
    timeoutMs: JOIN_TIMEOUT_MS,
    note,
    signal,
    hint: `see \`sbmcrm logs ${host.name}/${service}\``,
  });
}

async function repairServer({ platform, secrets, note, signal }: Repairing, host: Host): Promise<void> {
  const { cloud, spec, topology } = platform;
  const { service } = checkOf('database');
  const { primary } = await observeDatabase(platform);
  if (primary === null) throw new ToolError('NO_CANDIDATE', `there is no primary to copy ${host.name} from`);
  const neededKb = Number((await runIn(cloud, primary, SERVER_SIZE_SCRIPT)).trim());
  // A standby that is copied begins where the primary's last checkpoint was: the nearer, the less there is to replay.
  const leader = await cloud.hostState(primary);
  const checkpoint = askInside(cloud.access, leader, secrets.postgresSuperuser, 'CHECKPOINT', CHECKPOINT_MS);
  const startedAt = Date.now();
  let said: string;
  try {
    said = await runIn(cloud, host.name, replaceServerScript({ spec, topology, host, secrets }, neededKb));
  } catch (error) {
    throw refusal(error, host.name, neededKb);
  }
  await checkpoint;
  if (!said.includes(REPLACES)) await cloud.startService(host.name, service);
  await untilCopied({ platform, note, signal }, host.name, service, startedAt);
  await runIn(cloud, host.name, FORGET_REPLACED_SCRIPT);
}

/** Waits for as long as the copy gets on. */
async function untilCopied(
  { platform, note, signal }: Omit<Repairing, 'secrets'>,
  host: string,
  service: string,
  startedAtMs: number,
): Promise<void> {
  let last = '';
  let gotOnAt = performance.now();
  let readAt = Number.NEGATIVE_INFINITY;
  for (; ; await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))) {
    if (signal?.aborted) throw new Interrupted();
    const { members } = await observeDatabase(platform);
    if (members.find(({ name }) => name === host)?.state === 'running') return;
    if (performance.now() - readAt < READ_EVERY_MS) continue;
    readAt = performance.now();
    const lines = (await endOfLog(platform.cloud, host, service)).filter(({ atMs }) => atMs >= startedAtMs);
    const text = copyText(lines.flatMap(({ atMs, text }) => ({ atMs, ...copyProgress(text) }))) ?? `${host} starts`;
    const waits = waitsForTurn(lines.at(-1)?.text ?? '');
    // A start that replays much says so every ten seconds.
    const stand = `${text} ${lines.findLast(({ text }) => text.includes('in progress, elapsed time'))?.text}`;
    if (stand !== last || waits) gotOnAt = performance.now();
    last = stand;
    note(waits ? 'another copy is made first' : text);
    if (performance.now() - gotOnAt > STUCK_MS) {
      const said = lines.at(-1)?.text;
      throw new ToolError(
        'NOT_IN_TIME',
        `${host} has got no further for ${STUCK_MS / 1000} s (${said ?? text}) — see \`sbmcrm logs ${host}/${service}\``,
      );
    }
  }
}

function refusal(error: unknown, host: string, neededKb: number): unknown {
  if (!(error instanceof CommandError)) return error;
  const mb = Math.ceil(neededKb / 1024);
  switch (error.code) {
    case REBUILD_REFUSED.primary:
      return new ToolError(
        'NO_CANDIDATE',
        `${host} is the primary: move that away first (\`sbmcrm failover database\`)`,
      );
    case REBUILD_REFUSED.nobodyLeads:
      return new ToolError('NO_CANDIDATE', `there is no primary to copy ${host} from`);
    case REBUILD_REFUSED.noRoom:
      return new ToolError(
        'NO_ROOM',
        `${host} may have transactions that the primary lacks, and no room for a new copy (${mb} MB) beside them: make room on its disk`,
      );
    default:
      return error;
  }
}
