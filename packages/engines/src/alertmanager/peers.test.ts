import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { context, secrets } from '../fixture.ts';
import { renderHost } from '../host.ts';
import { peerTls } from './peers.ts';

const tls = { ...secrets.tls, peerCert: 'OWN', peerKey: 'OWN KEY' };
const contents = (given: Parameters<typeof peerTls>[0]) =>
  Object.fromEntries(peerTls(given, 'x').files.map(({ path, content }) => [path, content]));

describe('the pair of Alertmanagers', () => {
  it('asks each other for its certificate', () => {
    const own = {
      cert_file: '/etc/sbmcrm/alertmanager/peer.crt',
      key_file: '/etc/sbmcrm/alertmanager/peer.key',
    };
    const files = contents({ tls });
    expect(parse(files['alertmanager/peers.yml'] ?? '')).toEqual({
      tls_server_config: {
        ...own,
        client_ca_file: '/etc/sbmcrm/alertmanager/peer-ca.crt',
        client_auth_type: 'RequireAndVerifyClientCert',
      },
      tls_client_config: { ...own, ca_file: '/etc/sbmcrm/alertmanager/peer-ca.crt', server_name: 'alertmanager' },
    });
    expect(files).toMatchObject({ 'alertmanager/peer.crt': 'OWN', 'alertmanager/peer-ca.crt': 'OWN' });
    expect(peerTls({ tls }, 'x').files.every(({ mode, owner }) => mode === 0o600 && owner === 'x')).toBe(true);
  });

  it('accepts both while they are rotated, and the same ones whichever is used', () => {
    const next = { ...tls, peerCert: 'NEXT', peerKey: 'NEXT KEY' };
    const before = contents({ tls, also: { tls: next } });
    const after = contents({ tls: next, also: { tls } });
    expect(before['alertmanager/peer-ca.crt']).toBe('NEXTOWN');
    expect(after['alertmanager/peer-ca.crt']).toBe('NEXTOWN');
    expect([before['alertmanager/peer.crt'], after['alertmanager/peer.crt']]).toEqual(['OWN', 'NEXT']);
  });

  it('is started anew with others, for it reads them only then', () => {
    const run = (given: typeof tls | typeof secrets.tls) =>
      renderHost({ ...context('monitor-a'), secrets: { ...secrets, tls: given } }).find(
        ({ name }) => name === 'alertmanager',
      )?.run ?? '';
    expect(run(tls)).toContain('--cluster.tls-config=/etc/sbmcrm/alertmanager/peers.yml');
    expect(run(tls)).not.toBe(run({ ...tls, peerKey: 'NEXT KEY' }));
    // A platform of an earlier version has none until `up` makes some.
    expect(run(secrets.tls)).not.toContain('tls-config');
  });
});
