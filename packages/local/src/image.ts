import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CODE_DIR, CONFIG_DIR, DATA_DIR } from '@sbmcrm/cloud/layout';
import { ToolError } from '@sbmcrm/errors';
import { ID_BASE, SHIFT_IDS } from './host/limits/ids.ts';
import type { SeccompProfile } from './host/limits/seccomp.ts';
import { run } from './machine/exec.ts';
import { readJson } from './machine/files.ts';

/** The Debian release of every host. */
const SUITE = 'trixie';

/** What each host has beside its engines: its init and supervisor, and what people look around with. */
const OWN_PACKAGES = ['curl', 'iproute2', 'procps', 'runit', 'tini'];

/** What the image has beside that. One serves every role; pages of its files are shared between hosts. */
export interface ImageRecipe {
  /** Debian packages. */
  packages: readonly string[];
  /** Of them those that come from a newer Debian suite, by name, where the mirror has it; else from the hosts' release. */
  newer: Readonly<Record<string, string>>;
  /** Files that must be there before the packages are installed, by path. */
  filesBefore: Readonly<Record<string, string>>;
  /** Folders of programs that are not on the usual path. */
  programs: readonly string[];
}

/** All packages that hosts have. */
function packagesOf({ packages }: ImageRecipe): string[] {
  return [...new Set([...OWN_PACKAGES, ...packages])].sort();
}

/** Where hosts have things mounted; they must exist in the image, which is read-only for them. */
const MOUNT_POINTS = [DATA_DIR, CONFIG_DIR, CODE_DIR, '/var/log/sbmcrm'];

/** Raised when the recipe below changes in a way that the package list does not show. */
const RECIPE_VERSION = 4;

/** Shared by every platform on the machine. */
export const IMAGE_CACHE = process.env.SBMCRM_CACHE ?? '/var/cache/sbmcrm';
/** An unpacked image, and the packages while it is built, in bytes (measured 0.6 GB, with room). */
const NEEDED_BYTES = 2 * 1024 ** 3;

export interface Image {
  root: string;
  /** uid and gid by the image's user names, as hosts number them. */
  users: Record<string, { uid: number; gid: number }>;
  /** Which system calls container engines allow by default. */
  seccomp: SeccompProfile;
  /** Folders of programs that are not on the usual path. */
  programs: readonly string[];
}

/** The package that has the default profile of container engines; of it only that file is taken. */
const SECCOMP_PACKAGE = 'golang-github-containers-common';
const SECCOMP_FILE = 'usr/share/containers/seccomp.json';

/** Identifies an image by what goes into it. */
function imageHash(recipe: ImageRecipe): string {
  const { newer, filesBefore } = recipe;
  const whole = [RECIPE_VERSION, SUITE, process.arch, packagesOf(recipe), newer, filesBefore, MOUNT_POINTS, ID_BASE];
  return createHash('sha256').update(JSON.stringify(whole)).digest('hex').slice(0, 12);
}

/** Where the image of this version is, or will be. */
export function imagePath(recipe: ImageRecipe, cache: string): string {
  return join(cache, `image-${imageHash(recipe)}`);
}

/** The cached image, or undefined if it has to be built first. */
export function cachedImage(recipe: ImageRecipe, cache: string = IMAGE_CACHE): Image | undefined {
  const root = imagePath(recipe, cache);
  if (!existsSync(root)) return undefined;
  const users: Image['users'] = {};
  for (const line of readFileSync(join(root, 'etc/passwd'), 'utf8').trim().split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name) users[name] = { uid: Number(uid), gid: Number(gid) };
  }
  const seccomp = readJson<SeccompProfile>(join(root, SECCOMP_FILE));
  return seccomp && { root, users, seccomp, programs: recipe.programs };
}

/** The version of a package in an image, without epoch and Debian's revision; undefined: it has none. */
export function packageVersion({ root }: Pick<Image, 'root'>, name: string): string | undefined {
  const status = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8').split('\n\n');
  const fields = status.find((each) => each.startsWith(`Package: ${name}\n`));
  return /^Version: (?:\d+:)?([^-\n]+)/m.exec(fields ?? '')?.[1];
}

/** The Debian mirror that this machine's apt uses. */
async function machineMirror(): Promise<string> {
  const format = '$(REPO_URI) $(ORIGIN) $(COMPONENT)';
  const lines = (await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])).trim().split('\n');
  const debian = lines
    .map((line) => line.split(' '))
    .find(([uri, origin]) => origin === 'Debian' && !/security/.test(uri ?? ''));
  if (debian?.[0]) return debian[0];
  throw new ToolError(
    'IMAGE_FAILED',
    'apt on this machine knows no Debian mirror: run `apt-get update`, or give one with --mirror URL',
  );
}

/** Another command may build it just now: that takes a minute, and on a busy machine some. Whoever waited for longer builds it himself. */
const MOST_PATIENCE_MS = 300_000;
const LOOK_MS = 200;

/** The number of a process other than this one that builds the image just now. */
export function builderOf(recipe: ImageRecipe, cache: string): number | undefined {
  removeAbandonedBuilds(cache);
  const prefix = `${basename(imagePath(recipe, cache))}.building-`;
  const pids = readdirSync(cache).flatMap((name) =>
    name.startsWith(prefix) ? [Number(name.slice(prefix.length))] : [],
  );
  return pids.find((pid) => pid !== process.pid);
}

/**
 * Builds the image into the cache, or waits for who does. It appears there whole or not at all, also when two builds run at once.
 *
 * @param options.mirror Debian mirror; default: the one of the machine's apt
 * @param options.onProgress called with short texts such as `installing packages`
 * @param options.signal ends the build and removes what there is of it
 * @throws Error in one line
 */
export async function buildImage(
  recipe: ImageRecipe,
  options: { mirror?: string; cache?: string; onProgress?: (text: string) => void; signal?: AbortSignal } = {},
): Promise<Image> {
  const cache = options.cache ?? IMAGE_CACHE;
  mkdirSync(cache, { recursive: true, mode: 0o755 });
  const end = performance.now() + MOST_PATIENCE_MS;
  for (let pid = builderOf(recipe, cache); pid && performance.now() < end; pid = builderOf(recipe, cache)) {
    options.onProgress?.(`process ${pid} builds it`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (options.signal?.aborted)
      throw new ToolError('INTERRUPTED', 'interrupted while another command built the image');
  }
  const built = cachedImage(recipe, cache);
  if (built) return built;
  const { bavail, bsize } = statfsSync(cache);
  if (bavail * bsize < NEEDED_BYTES) {
    throw new ToolError(
      'NO_ROOM',
      `${cache}: ${Math.floor((bavail * bsize) / 1024 ** 2)} MB free, the image needs ${NEEDED_BYTES / 1024 ** 2} MB — free some space, then run the command again`,
    );
  }
  const mirror = options.mirror ?? (await machineMirror());
  const path = imagePath(recipe, cache);
  const building = `${path}.building-${process.pid}`;
  try {
    await debootstrap(recipe, mirror, building, options).catch(async (error: Error) => {
      if (options.signal?.aborted || Object.keys(recipe.newer).length === 0) throw error;
      options.onProgress?.(`without newer packages: ${error.message}`);
      rmSync(building, { recursive: true, force: true });
      await debootstrap({ ...recipe, newer: {} }, mirror, building, options);
    });
    for (const folder of MOUNT_POINTS) mkdirSync(join(building, folder), { recursive: true });
    for (const file of ['etc/hosts', 'etc/hostname', 'etc/resolv.conf']) {
      rmSync(join(building, file), { force: true });
      writeFileSync(join(building, file), '');
    }
    options.onProgress?.('giving it to the users of hosts');
    await run('chroot', [building, 'python3', '-c', SHIFT_IDS, '/', String(ID_BASE)], { timeoutMs: 120_000 });
    try {
      renameSync(building, path);
    } catch (error) {
      if (!existsSync(path)) throw error; // else: another build was first
    }
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  const image = cachedImage(recipe, cache);
  if (!image) throw new ToolError('IMAGE_FAILED', `${path} vanished while it was built`);
  return image;
}

/** Builds and removals cut short by kill -9 leave a folder with the pid of a process that is gone. */
export function removeAbandonedBuilds(cache: string): void {
  for (const name of readdirSync(cache)) {
    const pid = /\.(?:building|removing)-(\d+)$/.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

/** Why a build failed, in one line, from all that it said: what could not be fetched and why, else its first error. Pure. */
export function failureReason(log: string): string {
  const [, place, cause] = /^Err:\d+ (.*)\n\s+(.*)$/m.exec(log) ?? [];
  if (place) return `${place.trim()}: ${cause?.trim()}`;
  return /^E: ?(.*)$/m.exec(log)?.[1] ?? log.trim().split('\n').at(-1) ?? '';
}

/** A file of few lines, written by the shell that runs hooks. */
function writeFileHook([path, content]: [string, string], when = 'essential'): string {
  const encoded = Buffer.from(content).toString('base64');
  return `--${when}-hook=mkdir -p "$1${dirname(path)}" && echo ${encoded} | base64 -d > "$1${path}"`;
}

/** Lets nothing of another suite in but what is to come from it. @see https://manpages.debian.org/trixie/apt/apt_preferences.5.en.html */
function preferences(newer: ImageRecipe['newer']): string {
  const suites = [...new Set(Object.values(newer))];
  const pin = (name: string, suite: string, priority: number) =>
    `Package: ${name}\nPin: release a=${suite}\nPin-Priority: ${priority}\n`;
  return [
    ...Object.entries(newer).map(([name, suite]) => pin(name, suite, 990)),
    ...suites.map((suite) => pin('*', suite, -10)),
  ].join('\n');
}

/** What mmdebstrap takes for its sources. Pure. */
export function sourcesOf({ newer }: Pick<ImageRecipe, 'newer'>, mirror: string): string[] {
  const suites = [...new Set(Object.values(newer))];
  if (suites.length === 0) return [mirror];
  // Its signature counts, and not its age: a mirror that stands still is no reason to go without. What is too old is found by `check`.
  return [
    `deb ${mirror} ${SUITE} main`,
    ...suites.map((suite) => `deb [check-valid-until=no] ${mirror} ${suite} main`),
  ];
}

function debootstrap(
  recipe: ImageRecipe,
  mirror: string,
  target: string,
  options: { onProgress?: (text: string) => void; signal?: AbortSignal },
): Promise<void> {
  // Packages must not start their daemons while they are installed; hosts have their own init.
  const noDaemons =
    'printf "#!/bin/sh\\nexit 101\\n" > "$1/usr/sbin/policy-rc.d" && chmod 755 "$1/usr/sbin/policy-rc.d"';
  // By dpkg's own configuration: as options of mmdebstrap's they would send each archive through a filter in Python.
  const leaveOut = ['doc', 'man', 'locale'].map((name) => `path-exclude=/usr/share/${name}/*`).join('\\n');
  // By the machine's apt, which knows the certificates of its mirror.
  const takeSeccompProfile = [
    'cd "$1/tmp"',
    `APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q download ${SECCOMP_PACKAGE}`,
    `dpkg-deb --fsys-tarfile ${SECCOMP_PACKAGE}_*.deb | tar -x -C "$1" ./${SECCOMP_FILE}`,
    `rm ${SECCOMP_PACKAGE}_*.deb`,
  ].join(' && ');
  const args = [
    '--variant=minbase',
    `--include=${packagesOf(recipe).join(',')}`,
    '--aptopt=Acquire::Retries "3"',
    `--setup-hook=mkdir -p "$1/usr/sbin" "$1/etc/dpkg/dpkg.cfg.d"`,
    `--setup-hook=printf "${leaveOut}\\n" > "$1/etc/dpkg/dpkg.cfg.d/sbmcrm"`,
    `--essential-hook=${noDaemons}`,
    ...Object.entries(recipe.filesBefore).map((file) => writeFileHook(file)),
    ...(Object.keys(recipe.newer).length > 0
      ? [writeFileHook(['/etc/apt/preferences.d/sbmcrm', preferences(recipe.newer)], 'setup')]
      : []),
    // What came before dpkg was there to leave it out.
    '--essential-hook=rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/*',
    `--customize-hook=${takeSeccompProfile}`,
    SUITE,
    target,
    ...sourcesOf(recipe, mirror),
  ];
  return new Promise((resolve, reject) => {
    // A group of its own: Ctrl-C in the terminal must reach it through us, so that it can clean up first.
    const child = spawn('mmdebstrap', args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let log = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      log = (log + text).slice(-64_000);
      const step = [...text.matchAll(/^I: (.*?)\.*$/gm)].at(-1)?.[1];
      if (step) options.onProgress?.(step);
    });
    const abort = () => {
      if (child.pid) process.kill(-child.pid, 'SIGTERM');
    };
    options.signal?.addEventListener('abort', abort);
    child.on('error', reject);
    child.on('close', (code) => {
      options.signal?.removeEventListener('abort', abort);
      if (options.signal?.aborted) return reject(new ToolError('INTERRUPTED', 'interrupted while the image was built'));
      if (code === 0) return resolve();
      const reason = failureReason(log);
      reject(
        new ToolError(
          'IMAGE_FAILED',
          `cannot build the image of hosts: ${reason} — check the machine's apt sources or give --mirror URL`,
        ),
      );
    });
  });
}
