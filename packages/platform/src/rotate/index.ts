import { type RotatedPart, SECRET_PARTS } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { lockState } from '@sbmcrm/local';
import type { Platform } from '../opened.ts';
import { Interrupted, type Progress } from '../progress.ts';
import { keepSecrets, newSecrets, readSecrets, type StoredSecrets } from '../secrets.ts';
import type { ProblemCode } from '../status/problem.ts';
import { apiUrl, isUp, platformStatus } from '../status.ts';
import { assertAdmin, changeAdmin } from './admin.ts';
import { makeCertificates } from './certificates.ts';
import { begin, change, end, forget, type Rotation } from './parts.ts';
import { rollOut } from './roll-out.ts';

/** A part whose secrets are new. */
export interface Rotated {
  part: RotatedPart;
  elapsedMs: number;
}

/** These keep nobody from taking new secrets over. */
const NO_REASON: ProblemCode[] = [
  'CERTIFICATES_END',
  'DATABASE_CHECKSUM',
  'EXTERNAL_API_AWAY',
  'HOST_DISK_LOW',
  'MACHINE_DISK_LOW',
  'SERVER_REMARK',
];

/**
 * Gives parts of a running platform new secrets, one part after the other, without a request that fails. Cut short at any moment, the
 * next call goes on where it was; what was begun before is ended first.
 *
 * @throws ToolError in one line, StateLockedError, Interrupted
 */
export async function rotate(
  platform: Platform,
  parts: readonly RotatedPart[],
  { progress, signal }: { progress: Progress; signal?: AbortSignal | undefined },
): Promise<Rotated[]> {
  const { paths } = platform;
  if (!isUp(platform)) throw new ToolError('HOST_NOT_RUNNING', 'the platform is down: `sbmcrm up` brings it back');
  const unlock = lockState(paths, 'rotate');
  try {
    const unfinished = readSecrets(paths).rotation?.part;
    const rest = parts.filter((part) => part !== unfinished);
    const done: Rotated[] = [];
    for (const part of unfinished === undefined ? rest : [unfinished, ...rest]) {
      const start = performance.now();
      if (part !== unfinished) await assertWell(platform);
      await rotatePart(platform, part, progress, signal);
      done.push({ part, elapsedMs: Math.round(performance.now() - start) });
    }
    return done;
  } finally {
    unlock();
  }
}

async function assertWell(platform: Platform): Promise<void> {
  const { problems } = await platformStatus(platform);
  const reason = problems.find(({ code }) => !NO_REASON.includes(code));
  if (reason) {
    throw new ToolError('NOT_HEALTHY', `secrets are rotated on a platform that is well only: ${reason.text}`);
  }
}

const TITLES: Record<Rotation['stage'], string> = {
  accept: 'the new ones are accepted',
  use: 'the new ones are used',
  forget: 'the old ones are accepted no more',
};

async function rotatePart(
  platform: Platform,
  part: RotatedPart,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { paths, topology } = platform;
  let secrets = readSecrets(paths);
  const keep = (next: StoredSecrets) => {
    if (signal?.aborted) throw new Interrupted();
    keepSecrets(paths, next);
    secrets = next;
  };
  /** Rolls out the stage that the secrets are in, if it is this one. */
  const stage = async (
    name: Rotation['stage'],
    then: (rotation: Rotation, note: (text: string) => void) => Promise<void>,
  ) => {
    const { rotation } = secrets;
    if (rotation?.stage !== name) return;
    await progress.step(`${part}: ${TITLES[name]}`, async (note) => {
      await rollOut({ platform, note, signal }, secrets);
      await then(rotation, note);
    });
  };
  if (!secrets.rotation) {
    // Before anything is kept: a rotation that cannot go on would be in the way of every other.
    if (part === 'admin') await assertAdmin(apiUrl(platform), secrets.adminEmail, secrets.adminPassword);
    const tls = part === 'certificates' ? await makeCertificates(topology) : secrets.tls;
    keep(begin(secrets, part, { ...newSecrets(), tls }));
  }
  await stage('accept', async (rotation, note) => {
    const to = secrets.also?.adminPassword;
    if (to !== undefined) {
      note(SECRET_PARTS.admin.about);
      await changeAdmin(apiUrl(platform), { email: secrets.adminEmail, from: secrets.adminPassword, to });
    }
    keep(change(secrets, rotation));
  });
  await stage('use', async (rotation) => keep(forget(secrets, rotation)));
  await stage('forget', async () => keep(end(secrets)));
}
