import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from './cli.ts';
import { shared, TestPlatform } from './platform.ts';

const USER = 'crm';
const PASSWORD = 'Mail-Password-1';

/** Who is told by a mail server that wants TLS and a login, with a certificate that only the spec's authority signed. */
describe.runIf(process.env.SBMCRM_LONG)('a mail server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-mail-'));
  const spec = join(folder, 'mail.yaml');
  const watched = new TestPlatform({ state: shared.state, network: shared.network, spec });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await shared.run('fault', 'clear', 'all');
    expect((await shared.up()).code).toBe(0);
  });

  it.each<[string, string, SMTPServerOptions]>([
    ['that begins in the clear', 'starttls', {}],
    ['that wants TLS from the first byte', 'tls', { secure: true }],
  ])('%s gets the password under TLS alone, and the message', async (_what, encryption, options) => {
    const [key, cert] = ['key.pem', 'cert.pem'].map((file) => join(folder, file)) as [string, string];
    const subject = ['-subj', '/CN=mail', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
    writeFileSync(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
    const logins: { user: unknown; password: unknown; secure: boolean }[] = [];
    const mails: string[] = [];
    const server = new SMTPServer({
      ...options,
      ...{ key: readFileSync(key), cert: readFileSync(cert), allowInsecureAuth: false },
      onAuth: ({ username: user, password }, { secure }, done) => {
        logins.push({ user, password, secure });
        done(null, { user });
      },
      onData: async (stream, _session, done) => {
        let text = '';
        for await (const part of stream) text += part;
        mails.push(text);
        done();
      },
    });
    server.on('error', () => {}); // of a connection that was cut
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      const { port } = server.server.address() as AddressInfo;
      const email = `{ to: [night@example.com], from: crm@example.com, server: "127.0.0.1:${port}", encryption: ${encryption}, user: ${USER}, passwordFile: password, caFile: cert.pem }`;
      writeFileSync(spec, `alerts: { email: ${email} }\n`);
      const { code, stderr } = await watched.up();
      expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
      await watched.healthy();
      for (const { name } of (await watched.status()).loadBalancer.backends)
        await watched.json('fault', 'inject', 'stop', name);
      const mail = await eventually('the mail has come', async () =>
        mails.find((text) => text.includes('AllApiServersDown firing')),
      );
      expect(mail).toContain('no API server answers any load balancer');
      expect(new Set(logins.map((each) => JSON.stringify(each)))).toEqual(
        new Set([JSON.stringify({ user: USER, password: PASSWORD, secure: true })]),
      );
    } finally {
      await watched.heal();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  });
});
