import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Secrets } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { type PlatformRecord, readJson, readPlatform, type StatePaths, storedHosts, writeJson } from '@sbmcrm/local';
import type { Topology } from '@sbmcrm/topology';
import { areOf, makeCertificates, makePeerCertificate } from './rotate/certificates.ts';
import type { Rotation } from './rotate/parts.ts';

/** 24 random bytes as text that no configuration syntax gives a meaning. */
const password = () => randomBytes(24).toString('hex');

/** What data on hosts was made with: without it nobody gets at it any more. Others may be made anew. */
const LASTING = {
  adminPassword: true,
  postgresSuperuser: true,
  postgresReplication: true,
  postgresRewind: true,
  postgresApplication: true,
  patroniApi: true,
  redis: true,
  sentinel: true,
} as const satisfies Partial<Record<keyof Secrets, true>>;

/** As in the file. */
export interface StoredSecrets extends Secrets {
  /** Tells one platform's from another's; files of earlier versions have none. */
  id?: string;
  /** What is being rotated, and how far that is. */
  rotation?: Rotation;
}

/** All of them anew, but for certificates. */
export function newSecrets(): Omit<Secrets, 'adminEmail' | 'tls' | 'also' | 'files'> {
  return {
    adminPassword: randomBytes(12).toString('base64url'),
    postgresSuperuser: password(),
    postgresReplication: password(),
    postgresRewind: password(),
    postgresApplication: password(),
    patroniApi: password(),
    postgresMonitor: password(),
    redis: password(),
    sentinel: password(),
    holder: password(),
    alertmanager: password(),
    relay: password(),
  };
}

/** The platform's stored secrets. @throws ToolError if it has none yet, or lost them */
export function readSecrets(paths: StatePaths): StoredSecrets {
  const secrets = storedSecrets(paths);
  if (!secrets) throw new ToolError('NO_PLATFORM', `${paths.root}: the platform was never up — run \`sbmcrm up\``);
  return secrets;
}

/**
 * The stored secrets, if they are those of the data that is there.
 *
 * @returns undefined when there are none, and no data that would need them
 * @throws ToolError STATE_DAMAGED in one line when they are gone, damaged or another platform's: made anew they would fit nothing
 */
export function storedSecrets(paths: StatePaths): StoredSecrets | undefined {
  const hosts = storedHosts(paths).map((name) => paths.host(name));
  const hasData = hosts.some(({ disk, data }) => existsSync(disk) || existsSync(data));
  if (!hasData) return readJson<StoredSecrets>(paths.secrets);
  const lost = (what: string) =>
    new ToolError(
      'STATE_DAMAGED',
      `${paths.secrets}: ${what}, and the data of this platform is of no use without its secrets: put the file back, or give the data up with \`sbmcrm down --purge\``,
    );
  let stored: StoredSecrets | undefined;
  try {
    stored = readJson<StoredSecrets>(paths.secrets);
  } catch {
    throw lost('not valid JSON');
  }
  if (!stored) throw lost('there is no such file');
  const missing = Object.keys(LASTING).find((name) => !stored[name as keyof typeof LASTING]);
  if (missing) throw lost(`it lacks ${missing}`);
  const { secretsId } = readPlatform(paths) ?? {};
  if (secretsId !== undefined && stored.id !== undefined && stored.id !== secretsId)
    throw lost("it is another platform's");
  return stored;
}

/** Reads the platform's secrets, making them (0600) the first time; certificates are made anew when hosts were added. @param files see {@link Secrets.files} */
export async function ensureSecrets(
  paths: StatePaths,
  record: PlatformRecord,
  topology: Topology,
  files: NonNullable<Secrets['files']>,
): Promise<Secrets> {
  const stored = storedSecrets(paths);
  const id = record.secretsId ?? stored?.id ?? randomUUID();
  const secrets: StoredSecrets = {
    adminEmail: `admin@${topology.platform}.internal`,
    ...newSecrets(),
    ...stored,
    id,
    files,
    tls: await certificatesFor(topology, stored?.tls),
  };
  if (!isDeepStrictEqual(secrets, stored)) writeJson(paths.secrets, secrets, 0o600);
  if (record.secretsId !== id) writeJson(paths.platform, { ...record, secretsId: id });
  return secrets;
}

/** Those that are there where they still are of use, with what an earlier version did not make. */
async function certificatesFor(topology: Topology, tls: Secrets['tls'] | undefined): Promise<Secrets['tls']> {
  if (!tls || !areOf(topology, tls)) return makeCertificates(topology);
  return tls.peerCert === undefined ? { ...tls, ...(await makePeerCertificate()) } : tls;
}

/** Keeps changed secrets. */
export function keepSecrets(paths: StatePaths, secrets: StoredSecrets): void {
  writeJson(paths.secrets, secrets, 0o600);
}
