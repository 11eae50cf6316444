import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificatesEnd, etcdHosts, PEER_NAME, type Secrets } from '@sbmcrm/engines';
import { run } from '@sbmcrm/local';
import type { Topology } from '@sbmcrm/topology';

/** Ten years: the platform's own authority, never seen by a browser. */
const VALID_DAYS = 3650;
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

/** Where etcd is reached. */
const etcdAddresses = (topology: Topology) => ['127.0.0.1', ...etcdHosts(topology).map((host) => host.address)];

/** Whether certificates are valid now, and name every member of etcd. */
export function areOf(topology: Topology, tls: Secrets['tls']): boolean {
  if (certificatesEnd(tls) <= Date.now()) return false;
  const server = new X509Certificate(tls.serverCert);
  return etcdAddresses(topology).every((address) => server.checkIP(address) !== undefined);
}

/** What the pair of Alertmanagers knows each other by: one certificate, which is its own authority, and its key. */
export async function makePeerCertificate(
  validDays = VALID_DAYS,
): Promise<Required<Pick<Secrets['tls'], 'peerCert' | 'peerKey'>>> {
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-tls-')); // 0700
  const file = (name: string) => join(folder, name);
  const subject = ['-subj', `/CN=${PEER_NAME}`, '-addext', `subjectAltName=DNS:${PEER_NAME}`];
  const use = ['-addext', 'extendedKeyUsage=serverAuth,clientAuth', '-days', `${validDays}`];
  try {
    await run('openssl', ['req', '-x509', ...KEY, ...subject, ...use, '-keyout', file('key'), '-out', file('crt')]);
    return { peerCert: readFileSync(file('crt'), 'utf8'), peerKey: readFileSync(file('key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A certificate authority, one certificate for etcd's members (servers and peers) and one for their clients; the Alertmanagers' beside. */
export async function makeCertificates(topology: Topology, validDays = VALID_DAYS): Promise<Secrets['tls']> {
  const { platform } = topology;
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-tls-')); // 0700
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run('openssl', args);
  try {
    await openssl(
      'req',
      '-x509',
      ...KEY,
      '-days',
      `${validDays}`,
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
        ...KEY,
        '-subj',
        `/CN=${platform} ${name}`,
        '-keyout',
        file(`${name}.key`),
        '-out',
        file(`${name}.csr`),
      );
      writeFileSync(file(`${name}.ext`), extensions);
      const sign = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', `${validDays}`];
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
    const names = etcdAddresses(topology)
      .map((address) => `IP:${address}`)
      .join(',');
    await issue('server', `extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=${names}\n`);
    await issue('client', 'extendedKeyUsage=clientAuth\n');
    const text = (name: string) => readFileSync(file(name), 'utf8');
    return {
      ca: text('ca.crt'),
      serverCert: text('server.crt'),
      serverKey: text('server.key'),
      clientCert: text('client.crt'),
      clientKey: text('client.key'),
      ...(await makePeerCertificate(validDays)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
