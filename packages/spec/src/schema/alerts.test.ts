import { describe, expect, it } from 'vitest';
import { parseSpec } from '../load.ts';

const read = (alerts: string) => () => parseSpec(`platform: sbmcrm\nalerts: ${alerts}\n`, 'test.yaml');
const email = (more: string) => `{ email: { to: [a@b.example], from: c@d.example, ${more} } }`;

describe('who is told', () => {
  it('may be nobody, and everybody in every way', () => {
    expect(read('{}')().alerts).toMatchObject({ webhooks: [], hook: [], repeat: 4 * 3_600_000 });
    const all = read(
      '{ webhooks: [{ url: "https://x.example/a" }, { urlFile: u, tokenFile: t, severity: critical }], hook: [h, "a b"], heartbeat: { urlFile: u } }',
    )();
    expect(all.alerts.webhooks.map(({ severity }) => severity)).toEqual(['warning', 'critical']);
    expect(read(email('server: "m.example:587", user: u, passwordFile: p'))().alerts.email?.encryption).toBe(
      'starttls',
    );
  });

  it.each([
    ['{ webhooks: [{ severity: critical }] }', 'alerts.webhooks[0].url: give the address either here or in urlFile'],
    ['{ webhooks: [{ url: "https://x.example", urlFile: u }] }', 'alerts.webhooks[0].url: give the address either'],
    [
      '{ webhooks: [{ url: "https://x.example:99999/" }] }',
      'alerts.webhooks[0].url: "https://x.example:99999/" is no address',
    ],
    ['{ webhooks: [{ url: "https://u:p@x.example/" }] }', 'without a user or a password'],
    ['{ heartbeat: {} }', 'alerts.heartbeat.url: give the address'],
    [email('server: "m.example:0"'), 'alerts.email.server: 0 is no port'],
    [email('server: "m.example:25", encryption: none'), 'alerts.email.encryption: none sends everything in the clear'],
    [email('server: "127.0.0.1:25", encryption: none, user: u, passwordFile: p'), 'is not sent in the clear'],
    [email('server: "m.example:587", user: u'), 'alerts.email.passwordFile: a user needs a password'],
    [email('server: m.example'), 'alerts.email.server'],
    ['{ hook: notify }', 'alerts.hook'],
  ])('is refused with its place: %s', (alerts, message) => expect(read(alerts)).toThrow(message));
});
