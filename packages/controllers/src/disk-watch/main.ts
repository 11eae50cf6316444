import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { probeHttp } from '@sbmcrm/http';
import { type Agent, askAgent, Hold, type HoldSetting } from './hold.ts';
import { type Act, candidates, decide, type Look, type Member, NOTHING_KNOWN, RESERVE_BYTES } from './room.ts';

/**
 * Watches the room on the disk of a database server, as the server's own user:
 *
 *   main.ts SETTING RESERVE PROMOTED
 *
 * PROMOTED is there once the server was primary. Where failovers are held back, it keeps that, too: see hold.ts.
 * A primary whose disk is full refuses writes and stays the primary: its agent sees a server that runs.
 */
const [settingFile = '', reserve = '', promoted = ''] = process.argv.slice(2);
// Its script may be an earlier version's, which knows nothing of PROMOTED.
if (!settingFile || !reserve) throw new Error('usage: main.ts SETTING RESERVE PROMOTED');

interface Setting extends HoldSetting {
  /** Only a synchronous standby may take over. */
  isSync: boolean;
}
const setting = JSON.parse(readFileSync(settingFile, 'utf8')) as Setting;

const MB = 1024 ** 2;
const LOOK_MS = 1000;
const ANSWER_MS = 3000;
/** The old primary ends in good order first. */
const HAND_OVER_MS = 60_000;
const FALLOCATE_MS = 5000;
/** Where not all of it could be laid aside, the reason will not go in a second. */
const LAY_ASIDE_AGAIN_MS = 60_000;

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(dirname(reserve));
  return bavail * bsize;
}

async function look(): Promise<Look & Agent> {
  return { freeBytes: freeBytes(), reservedBytes: sizeOf(reserve), ...(await askAgent(setting)) };
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

const hold = new Hold(setting, promoted, say);

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
  const isHeld = await hold.round(seen);
  if (decided.act === 'hand over' && isHeld) return say('the disk is full, and nobody takes over without being told');
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
