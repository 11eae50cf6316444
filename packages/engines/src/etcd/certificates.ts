import { X509Certificate } from 'node:crypto';
import type { Topology } from '@sbmcrm/topology';
import type { Secrets } from '../common/context.ts';
import { etcdClient, etcdHosts } from './config.ts';

/** When the first of the platform's certificates ends, in milliseconds since the epoch; 0: one of them is damaged. Pure. */
export function certificatesEnd({ ca, serverCert, clientCert, peerCert = ca }: Secrets['tls']): number {
  try {
    return Math.min(
      ...[ca, serverCert, clientCert, peerCert].map((pem) => Date.parse(new X509Certificate(pem).validTo)),
    );
  } catch {
    return 0;
  }
}

/** Whether an error of a connection is about a certificate, ours or the other side's, in the words of OpenSSL. Pure. */
export function isAboutCertificate(message: string): boolean {
  return /certificate|unknown ca\b/i.test(message);
}

/** What OpenSSL means, without where in its code it came to mean it. Pure. */
export function certificateReason(message: string): string {
  const [, alert] = /SSL routines:[^:]*:([^:\n]+)/.exec(message) ?? [];
  return alert ?? message.split(/[;\n]/, 1)[0] ?? message;
}

/** Hosts whose member of etcd and the platform do not accept each other's certificate, with OpenSSL's words. */
export async function refusedCertificates(
  topology: Topology,
  secrets: Secrets,
): Promise<{ host: string; reason: string }[]> {
  const client = etcdClient(topology, secrets);
  const answers = await Promise.all(
    etcdHosts(topology).map(async ({ name: host }) => {
      const reason = await client.call('/v3/maintenance/status', {}, host).then(
        () => '',
        (error: Error) => error.message.replace(/^etcd on \S+: /, ''),
      );
      return { host, reason };
    }),
  );
  client.close();
  return answers
    .filter(({ reason }) => isAboutCertificate(reason))
    .map(({ host, reason }) => ({ host, reason: certificateReason(reason) }));
}
