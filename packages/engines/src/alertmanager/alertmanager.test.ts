import { compareSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { RenderContext } from '../common/context.ts';
import { context, secrets } from '../fixture.ts';
import { renderHost } from '../host.ts';
import { passwordHash } from './login.ts';

const TOLD = `monitoring: { enabled: true }
alerts:
  webhooks:
    - { url: "https://chat.example/all", tokenFile: chat.token }
    - { urlFile: pager.url, severity: critical }
  email: { to: [a@example.com, b@example.com], from: crm@example.com, server: "mail.example:587", user: crm, passwordFile: mail.password }
  hook: [told]
  heartbeat: { url: "https://watch.example/crm" }
`;
const FILES = { 'chat.token': 'CHAT', 'pager.url': 'https://pager.example/SECRET', 'mail.password': 'MAIL' };

interface Config {
  route: { receiver: string; routes: { matchers: string[]; receiver: string; group_wait: string }[] };
  receivers: {
    name: string;
    webhook_configs: { url: string; http_config: { proxy_url?: string; authorization?: { credentials: string } } }[];
    email_configs?: Record<string, unknown>[];
  }[];
  inhibit_rules: { source_matchers: string[]; target_matchers: string[]; equal?: string[] }[];
}

function filesOf(yaml: string, files: RenderContext['secrets']['files'] = FILES) {
  const given = context('monitor-a', yaml);
  const services = renderHost({ ...given, secrets: { ...secrets, files } });
  return services.find(({ name }) => name === 'alertmanager')?.files ?? [];
}
const config = (yaml: string) =>
  parse(filesOf(yaml).find(({ path }) => path.endsWith('alertmanager.yml'))?.content ?? '') as Config;
const receiver = (yaml: string, name: string) => config(yaml).receivers.find((each) => each.name === name);
const MACHINE = 'http://10.77.128.1:7071';

describe('who is told', () => {
  const urls = (name: string) => receiver(TOLD, name)?.webhook_configs.map(({ url }) => url);

  it('of critical alerts is everybody', () => {
    expect(urls('critical')).toEqual([
      ...[`${MACHINE}/alerts`, `${MACHINE}/hook`],
      ...['https://chat.example/all', 'https://pager.example/SECRET'],
    ]);
    expect(receiver(TOLD, 'critical')?.email_configs).toHaveLength(1);
  });

  it('of warnings is who wants them', () => {
    expect(urls('warning')).toEqual([`${MACHINE}/alerts`, `${MACHINE}/hook`, 'https://chat.example/all']);
  });

  it('every minute that alerts work is the machine, and who watches it', () => {
    expect(urls('alive')).toEqual([`${MACHINE}/alive`, 'https://watch.example/crm']);
    expect(config(TOLD).route.routes[0]).toMatchObject({ matchers: ['alertname="Watchdog"'], receiver: 'alive' });
  });

  it('with nobody named is the machine alone', () => {
    const alone = receiver('monitoring: { enabled: true }\n', 'critical');
    expect(alone?.webhook_configs.map(({ url }) => url)).toEqual([`${MACHINE}/alerts`]);
    expect(alone?.email_configs).toBeUndefined();
  });

  it('outside is told through the relay, with its own token', () => {
    const [, , chat] = receiver(TOLD, 'critical')?.webhook_configs ?? [];
    expect(chat?.http_config).toEqual({
      follow_redirects: false,
      proxy_url: `http://alertmanager:${secrets.relay}@10.77.128.1:7071`,
      authorization: { credentials: 'CHAT' },
    });
  });

  it.each([
    ['starttls', '10.77.128.1:7072', true, { server_name: 'mail.example' }],
    ['tls', '10.77.128.1:465', false, { server_name: 'mail.example' }],
  ])('by e-mail with %s knows the server by its own name', (encryption, smarthost, require_tls, tls_config) => {
    const yaml = TOLD.replace('user: crm', `encryption: ${encryption}, user: crm`);
    expect(receiver(yaml, 'critical')?.email_configs?.[0]).toMatchObject({
      ...{ smarthost, require_tls, tls_config, to: 'a@example.com, b@example.com' },
      ...{ auth_username: 'crm', auth_password: 'MAIL' },
    });
  });
});

describe('when', () => {
  it('a failover waits for what may say it, too; other critical alerts wait for nothing', () => {
    const [, ...critical] = config(`${TOLD}database: { replicationMode: sync }\n`).route.routes;
    expect(critical.map(({ matchers, group_wait }) => [matchers[0], group_wait])).toEqual([
      ['alertname=~"DatabaseFailover|DatabaseUnprotected"', '3s'],
      ['severity="critical"', '0s'],
    ]);
  });

  it('a larger loss says it, what follows from it is not told', () => {
    const rules = config(TOLD).inhibit_rules.map(
      ({ source_matchers, target_matchers: [told], equal }) => `${told} < ${source_matchers.join(' ')} ${equal ?? ''}`,
    );
    // The loss of zone c, which has no part of it, says nothing of the database.
    expect(rules).toContain('alertname="DatabaseFailover" < alertname="ZoneDown" zone=~"a|b" ');
    expect(rules).toContain('alertname="HostDown" < alertname="ZoneDown" zone');
    expect(rules).toContain('alertname="TargetMissing" < alertname="HostDown" host');
    expect(rules.filter((rule) => rule.startsWith('alertname="HighErrorRate"'))).toEqual([]);
    expect(rules.filter((rule) => rule.startsWith('alertname="AllApiServersDown"'))).toEqual([]);
  });

  it('an alert that the spec does not want holds nothing up', () => {
    const off = config('monitoring: { enabled: true }\nalerts: { critical: { databaseFailover: false } }\n');
    expect(off.route.routes.map(({ matchers }) => matchers[0])).toEqual([
      'alertname="Watchdog"',
      'severity="critical"',
    ]);
  });
});

describe('Alertmanager', () => {
  it('keeps what it knows to itself', () => {
    const known = Object.values(FILES).concat(secrets.relay ?? '');
    const secret = filesOf(TOLD).filter(({ content }) => known.some((each) => content.includes(each)));
    expect(secret.map(({ path, owner, mode }) => ({ path, owner, mode }))).toEqual([
      { path: 'alertmanager/alertmanager.yml', owner: 'prometheus', mode: 0o600 },
    ]);
    for (const { content } of filesOf(TOLD)) expect(content).not.toContain(secrets.alertmanager);
  });

  it('knows a password by a hash that is the same each time', () => {
    const hash = passwordHash('one');
    expect(passwordHash('one')).toBe(hash);
    expect([compareSync('one', hash), compareSync('two', hash)]).toEqual([true, false]);
    expect(passwordHash('two').slice(7, 29)).not.toBe(hash.slice(7, 29));
  });

  it('has the other one as its peer', () => {
    const { run = '' } = renderHost(context('monitor-b', TOLD)).find(({ name }) => name === 'alertmanager') ?? {};
    expect(run).toContain('--cluster.peer=10.77.129.170:9094');
    expect(run).not.toContain('--cluster.peer=10.77.130.170');
  });
});
