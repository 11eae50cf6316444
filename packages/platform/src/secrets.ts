import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { etcdHosts, type Secrets } from '@sbmcrm/engines';
import { ToolError } from '@sbmcrm/errors';
import { readJson, run, type StatePaths, writeJson } from '@sbmcrm/local';
import type { Topology } from '@sbmcrm/topology';

/** Ten years: the platform's own authority, never seen by a browser. */
const VALID_DAYS = '3650';

/** 24 random bytes as text that no configuration syntax gives a meaning. */
const password = () => randomBytes(24).toString('hex');

/** The platform's stored secrets. @throws Error if it has none yet */
export function readSecrets(paths: StatePaths): Secrets {
  const secrets = readJson<Secrets>(paths.secrets);
  if (!secrets) throw new ToolError('NO_PLATFORM', `${paths.root}: the platform was never up — run \`sbmcrm up\``);
  return secrets;
}

/** Reads the platform's secrets, making them (0600) the first time; certificates are made anew when hosts were added. */
export async function ensureSecrets(paths: StatePaths, topology: Topology): Promise<Secrets> {
  const stored = readJson<Secrets>(paths.secrets);
  const addresses = ['127.0.0.1', ...etcdHosts(topology).map((host) => host.address)];
  const secrets: Secrets = {
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
    tls:
      stored && covers(stored.tls.serverCert, addresses)
        ? stored.tls
        : await makeCertificates(topology.platform, addresses),
  };
  if (!isDeepStrictEqual(secrets, stored)) writeJson(paths.secrets, secrets, 0o600);
  return secrets;
}

function covers(certificate: string, addresses: readonly string[]): boolean {
  const parsed = new X509Certificate(certificate);
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
