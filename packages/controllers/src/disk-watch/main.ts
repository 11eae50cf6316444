import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { probeHttp } from '@sbmcrm/http';
import { type LeadSetting, leadText, mayLead } from './lead.ts';
import { decideEnd, isOver, ledLast, type MaintenanceSetting } from './maintenance.ts';
import { type Act, candidates, decide, type Look, type Member, NOTHING_KNOWN, RESERVE_BYTES } from './room.ts';

/**
 * Watches the room on the disk of a database server, as the server's own user:
 *
 *   main.ts SETTING RESERVE
 *
 * A primary whose disk is full refuses writes and stays the primary: its agent sees a server that runs.
 */
const [settingFile = '', reserve = ''] = process.argv.slice(2);
if (!settingFile || !reserve) throw new Error('usage: main.ts SETTING RESERVE');

/** How the agent of this host is asked. */
interface Setting {
  host: string;
  url: string;
  user: string;
  password: string;
  /** Only a synchronous standby may take over. */
  isSync: boolean;
  maintenance: MaintenanceSetting;
  lead: LeadSetting;
}
const setting = JSON.parse(readFileSync(settingFile, 'utf8')) as Setting;

const MB = 1024 ** 2;
const LOOK_MS = 1000;
const ANSWER_MS = 3000;
/** The old primary ends in good order first. */
const HAND_OVER_MS = 60_000;
const FALLOCATE_MS = 5000;
/** To recover from a crash takes a while; it goes on when nobody waits any more. */
const START_MS = 15_000;
/** Where not all of it could be laid aside, the reason will not go in a second. */
const LAY_ASIDE_AGAIN_MS = 60_000;

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What the agent says of its server. */
interface Agent {
  isPrimary: boolean | undefined;
  role: string | undefined;
  isStopped: boolean;
  /** Nobody leads. */
  isUnlocked: boolean;
  /** There is maintenance: nobody takes over. */
  isPaused: boolean;
}

async function askAgent(): Promise<Agent> {
  const answer = await probeHttp(`${setting.url}/patroni`, { timeoutMs: ANSWER_MS });
  type Self = { role?: string; state?: string; pause?: boolean; cluster_unlocked?: boolean };
  const { role, state, pause = false, cluster_unlocked = false } = (answer?.json ?? {}) as Self;
  const isPrimary = role === undefined ? undefined : role === 'primary' || role === 'master';
  return { isPrimary, role, isStopped: state === 'stopped', isUnlocked: cluster_unlocked, isPaused: pause };
}

let overSinceMs: number | undefined;

/** Ends a maintenance that is over. Each database host does it: one of them may be what is worked on. */
async function endMaintenance({ role, isStopped, isUnlocked }: Agent): Promise<void> {
  const { url, user, password, maintenance, host } = setting;
  const config = await probeHttp(`${url}/config`, { timeoutMs: ANSWER_MS });
  if (!isOver(config?.json, maintenance, Date.now())) {
    overSinceMs = undefined;
    return;
  }
  overSinceMs ??= performance.now();
  const history = isUnlocked ? await probeHttp(`${url}/history`, { timeoutMs: ANSWER_MS }) : undefined;
  const standing = {
    isUnlocked,
    isStopped,
    ledLast: ledLast(host, history?.json, role),
    waitedMs: performance.now() - overSinceMs,
  };
  const call = (method: string, path: string, body: object, timeoutMs = ANSWER_MS) =>
    probeHttp(`${url}${path}`, { method, body, user, password, timeoutMs });
  const decided = decideEnd(standing);
  if (decided === 'start') {
    const answer = await call('POST', '/restart', {}, START_MS);
    say(`the maintenance is over, and this server led last: ${answer?.text.trim() || 'Patroni did not answer'}`);
  }
  if (decided !== 'end') return;
  const answer = await call('PATCH', '/config', maintenance.end);
  say(`the maintenance is over${answer?.status === 200 ? '' : `, and Patroni does not take it: ${answer?.status}`}`);
}

/** Whether this host may lead; undefined: as before. */
async function claim({ isByHand, key }: LeadSetting, { role }: Agent): Promise<boolean | undefined> {
  if (!isByHand) return true;
  const { url, host } = setting;
  const [history, config] = await Promise.all(
    ['history', 'config'].map((path) => probeHttp(`${url}/${path}`, { timeoutMs: ANSWER_MS })),
  );
  if (history?.status !== 200 || config?.status !== 200) return undefined;
  const wanted = (config.json as Record<string, unknown> | undefined)?.[key];
  return mayLead(host, { role, ledLast: ledLast(host, history.json, role), wanted });
}

/** Gives this host the right to lead, or takes it away. */
async function keepLead(lead: LeadSetting, agent: Agent): Promise<void> {
  // Not there: Patroni runs as an earlier version started it.
  if (!existsSync(lead.file)) return;
  const may = await claim(lead, agent);
  if (may === undefined || readFileSync(lead.file, 'utf8') === leadText(may)) return;
  const { url, user, password } = setting;
  writeFileSync(lead.file, leadText(may));
  await probeHttp(`${url}/reload`, { method: 'POST', user, password, timeoutMs: ANSWER_MS });
  say(may ? 'this server may lead' : 'this server may not lead, unless it is told to');
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(dirname(reserve));
  return bavail * bsize;
}

async function look(): Promise<Look & Agent> {
  return { freeBytes: freeBytes(), reservedBytes: sizeOf(reserve), ...(await askAgent()) };
}

/** Why no standby can take over; asked of itself, as the cluster's record of it may be half a minute old. */
async function hindrance(): Promise<string | undefined> {
  const cluster = await probeHttp(`${setting.url}/cluster`, { timeoutMs: ANSWER_MS });
  if (!cluster) return 'Patroni does not say who is in the cluster';
  const { members = [] } = (cluster.json ?? {}) as { members?: Member[] };
  const urls = candidates(members, setting.isSync);
  const answers = await Promise.all(urls.map((url) => probeHttp(url, { timeoutMs: ANSWER_MS })));
  const runs = answers.some((answer) => (answer?.json as { state?: string } | undefined)?.state === 'running');
  return runs ? undefined : 'no standby can take over';
}

/** @returns how it went, in one line */
async function handOver(): Promise<string> {
  // The reserve stays: it is for a hand-over, and not for what filled the disk.
  const why = await hindrance();
  if (why) return why;
  rmSync(reserve, { force: true });
  const { user, password, host } = setting;
  const call = { method: 'POST', body: { leader: host }, user, password, timeoutMs: HAND_OVER_MS };
  const answer = await probeHttp(`${setting.url}/switchover`, call);
  // Refused. Any other answer, and silence, may come from a server that is on its way down, and needs the room for it.
  if (answer && answer.status >= 400 && answer.status < 500) layAside();
  return answer?.text.trim() || 'Patroni did not answer';
}

/** Real blocks: a file that is only as long would reserve nothing. What there is, where it is less. @returns how much, in bytes */
function layAside(): number {
  for (
    let bytes = Math.min(RESERVE_BYTES, freeBytes() + sizeOf(reserve));
    bytes >= MB;
    bytes = Math.floor(bytes * 0.8)
  ) {
    const { status } = spawnSync('fallocate', ['-l', String(bytes), reserve], { timeout: FALLOCATE_MS });
    if (status === 0) return bytes;
  }
  rmSync(reserve, { force: true });
  return 0;
}

let known = NOTHING_KNOWN;
let layAsideAgainAtMs = 0;
let wasSaid = '';
/** The same each second would be no news. */
function say(text: string): void {
  if (text !== wasSaid) console.log(text);
  wasSaid = text;
}

async function act(what: Act): Promise<void> {
  if (what === 'hand over') return say(`the disk is full: ${await handOver()}`);
  if (performance.now() < layAsideAgainAtMs) return;
  const bytes = layAside();
  say(bytes > 0 ? `${Math.floor(bytes / MB)} MB are laid aside` : 'nothing could be laid aside');
  if (bytes < RESERVE_BYTES) layAsideAgainAtMs = performance.now() + LAY_ASIDE_AGAIN_MS;
}

async function round(): Promise<void> {
  const seen = await look();
  const decided = decide(known, seen, performance.now());
  known = decided.known;
  if (seen.isPaused) await endMaintenance(seen);
  await keepLead(setting.lead, seen);
  if (decided.act === 'hand over' && (seen.isPaused || setting.lead.isByHand)) {
    return say('the disk is full, and nobody takes over without being told');
  }
  if (decided.act) return act(decided.act);
  if (known.fullSinceMs === undefined) return;
  if (seen.isPrimary === undefined) say('the disk is full, and Patroni does not say whether this is the primary');
  if (seen.isPrimary === false) say('the disk is full, and this is not the primary');
}

for (;;) {
  // A disk in trouble fails in many ways; the next look may not.
  await round().catch((error: Error) => say(`a look failed: ${error.message}`));
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
