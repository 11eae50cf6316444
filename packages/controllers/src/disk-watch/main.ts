import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { probeHttp } from '@sbmcrm/http';
import { type Act, decide, type Look, type Member, mayTakeOver, NOTHING_KNOWN, RESERVE_BYTES } from './room.ts';

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
}
const setting = JSON.parse(readFileSync(settingFile, 'utf8')) as Setting;

const LOOK_MS = 1000;
/** The old primary ends in good order first. */
const HAND_OVER_MS = 60_000;

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function isPrimary(): Promise<boolean | undefined> {
  const answer = await probeHttp(`${setting.url}/patroni`, { timeoutMs: 3000 });
  const role = (answer?.json as { role?: string } | undefined)?.role;
  return role === undefined ? undefined : role === 'primary' || role === 'master';
}

async function look(): Promise<Look> {
  const disk = statfsSync(reserve.slice(0, reserve.lastIndexOf('/')));
  return { freeBytes: disk.bavail * disk.bsize, reservedBytes: sizeOf(reserve), isPrimary: await isPrimary() };
}

/** @returns how it went, in one line, and whether another server leads now */
async function handOver(): Promise<{ said: string; isDone: boolean }> {
  const cluster = await probeHttp(`${setting.url}/cluster`, { timeoutMs: 3000 });
  if (!mayTakeOver((cluster?.json as { members?: Member[] } | undefined)?.members ?? [])) {
    // The reserve stays: it is for a hand-over, and not for what filled the disk.
    return { said: 'no standby can take over', isDone: false };
  }
  rmSync(reserve, { force: true });
  const { user, password, host } = setting;
  const call = { method: 'POST', body: { leader: host }, user, password, timeoutMs: HAND_OVER_MS };
  const answer = await probeHttp(`${setting.url}/switchover`, call);
  const isDone = answer?.status === 200;
  if (!isDone) layAside();
  return { said: answer?.text.trim() || 'the agent did not answer', isDone };
}

/** Real blocks: a file that is only as long would reserve nothing. */
function layAside(): string {
  const { status, stderr } = spawnSync('fallocate', ['-l', String(RESERVE_BYTES), reserve], { encoding: 'utf8' });
  if (status === 0) return `${RESERVE_BYTES / 1024 ** 2} MB are laid aside`;
  rmSync(reserve, { force: true });
  return `nothing could be laid aside: ${stderr.trim()}`;
}

let known = NOTHING_KNOWN;
let wasSaid = '';
/** The same each second would be no news. */
function say(text: string): void {
  if (text !== wasSaid) console.log(text);
  wasSaid = text;
}

async function act(what: Act): Promise<void> {
  if (what === 'reserve') return say(layAside());
  const { said, isDone } = await handOver();
  say(`the disk is full: ${said}`);
  if (isDone) known = { ...known, handedOverAtMs: performance.now() };
}

for (;;) {
  const decided = decide(known, await look(), performance.now());
  known = decided.known;
  if (decided.act) await act(decided.act);
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
