import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { Secrets } from '@sbmcrm/engines';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { afterAll, describe, expect, it } from 'vitest';
import { placeOfUrl, readAlertFiles, relaySetting } from './relay.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-relay-'));
afterAll(() => rmSync(folder, { recursive: true }));
const specFile = join(folder, 'sbmcrm.yaml');
const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
const spec = (alerts: string, enabled = true) =>
  parseSpec(`platform: sbmcrm\nmonitoring: { enabled: ${enabled} }\nalerts: ${alerts}\n`, 'test.yaml');
const secrets = (more: Partial<Secrets> = {}) => ({ relay: 'r', ...more }) as Secrets;
const setting = (alerts: string, enabled = true, more: Partial<Secrets> = {}) => {
  const read = spec(alerts, enabled);
  return relaySetting({ spec: read, topology: planTopology(read) }, secrets(more), { specFile });
};

const CERTIFICATE = rootCertificates[0] ?? '';

describe('files that alerts name', () => {
  it('begin at the spec’s folder, and their first line counts', () => {
    file('token', ' T \nnot this\n');
    file('url', 'https://pager.example/x\n');
    expect(
      readAlertFiles(spec('{ webhooks: [{ urlFile: url, tokenFile: token }], heartbeat: { urlFile: url } }'), {
        specFile,
      }),
    ).toEqual({ url: 'https://pager.example/x', token: 'T' });
  });

  it.each([
    ['tokenFile: none', 'alerts.webhooks[0].tokenFile: "none" cannot be read (ENOENT)'],
    ['tokenFile: empty', 'alerts.webhooks[0].tokenFile: "empty" is empty'],
  ])('are refused with their place: %s', (key, message) => {
    file('empty', '\n');
    expect(() => readAlertFiles(spec(`{ webhooks: [{ url: "https://x.example", ${key} }] }`), { specFile })).toThrow(
      message,
    );
  });

  const mail = (caFile: string) =>
    spec(`{ email: { to: [a@b.example], from: c@b.example, server: "mail.example:587", caFile: ${caFile} } }`);

  it('with an authority count as a whole', () => {
    const text = `Issuer: somebody\n${CERTIFICATE}`;
    file('ca.pem', text);
    expect(readAlertFiles(mail('ca.pem'), { specFile })).toEqual({ 'ca.pem': text });
  });

  it('that should hold a certificate hold one, and are no larger than that', () => {
    file('words', 'no certificate\n');
    file('large', 'x'.repeat(70_000));
    for (const [path, why] of [
      ['words', 'holds no certificate in PEM'],
      ['large', 'has more than 65536 bytes'],
      ['none', 'cannot be read (ENOENT)'],
    ] as const)
      expect(() => readAlertFiles(mail(path), { specFile })).toThrow(`alerts.email.caFile: "${path}" ${why}`);
  });

  it('that should hold an address hold one', () => {
    file('words', 'no address\n');
    expect(() => readAlertFiles(spec('{ heartbeat: { urlFile: words } }'), { specFile })).toThrow(
      'alerts.heartbeat.urlFile: "words" holds no address',
    );
  });
});

describe('what the relay lets out', () => {
  it.each([
    ['https://a.example/x?y', 'a.example', 443],
    ['http://a.example', 'a.example', 80],
    ['http://[::1]:8080/', '::1', 8080],
  ])('of %s is one place', (url, host, port) => expect(placeOfUrl(url)).toEqual({ host, port }));

  it('is what the spec names, for monitoring hosts alone', () => {
    const alerts =
      '{ webhooks: [{ urlFile: url }], heartbeat: { url: "http://w.example:81/" }, hook: [./told.sh, a], email: { to: [a@b.c], from: d@e.f, server: "mail.example:587" } }';
    expect(setting(alerts, true, { files: { url: 'https://pager.example/' } })).toMatchObject({
      from: ['10.77.129.170', '10.77.130.170'],
      destinations: [
        { host: 'pager.example', port: 443 },
        { host: 'w.example', port: 81 },
      ],
      mail: { host: 'mail.example', port: 587 },
      hook: [join(folder, 'told.sh'), 'a'],
      published: { prometheus: { port: 9090, targets: [{ host: '10.77.129.170', port: 9090 }, expect.anything()] } },
    });
  });

  it('is nothing without monitoring', () => {
    const alerts = '{ webhooks: [{ url: "https://x.example" }], hook: [told] }';
    expect(setting(alerts, false)).toMatchObject({ from: [], destinations: [], hook: [], published: {} });
  });

  it('wants either token while one is rotated, and holds neither', () => {
    const { tokens } = setting('{}', true, { also: { relay: 'next' } });
    expect(tokens).toHaveLength(2);
    expect(JSON.stringify(tokens)).not.toContain('next');
  });
});
