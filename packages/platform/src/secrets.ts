import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { etcdHosts, type Secrets } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import {
  type PlatformRecord,
  readJson,
  readPlatform,
  run,
  type StatePaths,
  storedHosts,
  writeJson,
} from '@sbmcrm/local';
import type { Topology } from '@sbmcrm/topology';

/** Ten years: the platform's own authority, never seen by a browser. */
const VALID_DAYS = '3650';

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

/** As in the file. `id` tells one platform's from another's; files of earlier versions have none. */
type StoredSecrets = Secrets & { id?: string };

/** The platform's stored secrets. @throws ToolError if it has none yet, or lost them */
export function readSecrets(paths: StatePaths): Secrets {
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
export function storedSecrets(paths: StatePaths): Secrets | undefined {
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

/** Reads the platform's secrets, making them (0600) the first time; certificates are made anew when hosts were added. */
export async function ensureSecrets(paths: StatePaths, record: PlatformRecord, topology: Topology): Promise<Secrets> {
  const stored: StoredSecrets | undefined = storedSecrets(paths);
  const addresses = ['127.0.0.1', ...etcdHosts(topology).map((host) => host.address)];
  const id = record.secretsId ?? stored?.id ?? randomUUID();
  const secrets: StoredSecrets = {
    adminEmail: `admin@${topology.platform}.internal`,
    adminPassword: randomBytes(12).toString('base64url'),
    postgresSuperuser: password(),
    postgresReplication: password(),
    postgresRewind: password(),
    postgresApplication: password(),
    patroniApi: password(),
    redis: password(),
    sentinel: password(),
    holder: password(),
    ...stored,
    id,
    tls:
      stored?.tls && covers(stored.tls.serverCert, addresses)
        ? stored.tls
        : await makeCertificates(topology.platform, addresses),
  };
  if (!isDeepStrictEqual(secrets, stored)) writeJson(paths.secrets, secrets, 0o600);
  if (record.secretsId !== id) writeJson(paths.platform, { ...record, secretsId: id });
  return secrets;
}

function covers(certificate: string, addresses: readonly string[]): boolean {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return false; // damaged: both sides of it are made anew
  }
  return addresses.every((address) => parsed.checkIP(address) !== undefined);
}

/** A certificate authority, one certificate for etcd's members (servers and peers) and one for their clients. */
async function makeCertificates(platform: string, addresses: readonly string[]): Promise<Secrets['tls']> {
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-tls-')); // 0700
  const file = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const openssl = (...args: string[]) => run('openssl', args);
  try {
    await openssl(
      'req',
      '-x509',
      ...key,
      '-days',
      VALID_DAYS,
      '-subj',
      `/CN=${platform} authority`,
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.crt'),
    );
    const issue = async (name: string, extensions: string) => {
      await openssl(
        'req',
        '-new',
        ...key,
        '-subj',
        `/CN=${platform} ${name}`,
        '-keyout',
        file(`${name}.key`),
        '-out',
        file(`${name}.csr`),
      );
      writeFileSync(file(`${name}.ext`), extensions);
      const sign = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', VALID_DAYS];
      await openssl(
        'x509',
        '-req',
        '-in',
        file(`${name}.csr`),
        ...sign,
        '-extfile',
        file(`${name}.ext`),
        '-out',
        file(`${name}.crt`),
      );
    };
    const names = addresses.map((address) => `IP:${address}`).join(',');
    await issue('server', `extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=${names}\n`);
    await issue('client', 'extendedKeyUsage=clientAuth\n');
    const text = (name: string) => readFileSync(file(name), 'utf8');
    return {
      ca: text('ca.crt'),
      serverCert: text('server.crt'),
      serverKey: text('server.key'),
      clientCert: text('client.crt'),
      clientKey: text('client.key'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
