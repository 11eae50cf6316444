import { describe, expect, it } from 'vitest';
import type { Secrets } from './common/context.ts';
import { context, secrets } from './fixture.ts';
import { renderHost } from './host.ts';

/** What is accepted besides, of everything. */
const also = {
  postgresApplication: 'application-other',
  redis: 'redis-other',
  sentinel: 'sentinel-other',
  holder: 'holder-other',
  tls: { ...secrets.tls, ca: 'CA-OTHER' },
};

/** The files of a service on a host, by path. */
function files(host: string, service: string, own: Secrets): Map<string, string> {
  const found = renderHost({ ...context(host), secrets: own }).find(({ name }) => name === service);
  return new Map(found?.files.map(({ path, content }) => [path, content]));
}

/** What of a service's files changes when something is accepted besides: which, and whether it takes them over while it runs. */
function changes(host: string, service: string): { changed: string[]; isLive: boolean } {
  const before = files(host, service, secrets);
  const after = files(host, service, { ...secrets, also });
  const changed = [...after].filter(([path, content]) => before.get(path) !== content).map(([path]) => path);
  const { live } = renderHost(context(host)).find(({ name }) => name === service) ?? {};
  return { changed, isLive: changed.every((path) => live?.files.includes(path)) };
}

describe('while secrets are rotated, both are accepted by', () => {
  it.each([
    ['sbmcrm-api-01', 'api', 'api/secrets.json', true],
    ['redis-a', 'redis', 'redis/passwords.conf', true],
    ['quorum-a', 'sentinel', 'sentinel/passwords.conf', true],
    ['quorum-a', 'etcd', 'etcd/ca.crt', false],
    ['quorum-a', 'witness', 'witness/setting.json', false],
    ['lb-a', 'holder', 'holder/env/HOLDER', false],
  ])('%s/%s, which reads %s', (host, service, path, isLive) => {
    expect(changes(host, service)).toEqual({ changed: [path], isLive });
  });

  it('etcd, which starts anew for neither the one nor the other to be used', () => {
    const { ca, ...rest } = also.tls;
    const before = files('quorum-a', 'etcd', { ...secrets, also });
    const after = files('quorum-a', 'etcd', { ...secrets, tls: { ...rest, ca }, also: { tls: secrets.tls } });
    expect(after.get('etcd/ca.crt')).toBe(before.get('etcd/ca.crt'));
  });

  it('Redis, which gives its master the first', () => {
    expect(files('redis-a', 'redis', { ...secrets, also }).get('redis/passwords.conf')).toBe(
      'user default on >redis-password >redis-other ~* &* +@all\nmasterauth redis-password\n',
    );
  });

  it('the API, which tries the other one where the first is refused', () => {
    const text = files('sbmcrm-api-01', 'api', { ...secrets, also }).get('api/secrets.json') ?? '';
    expect(JSON.parse(text)).toMatchObject({
      DB_PASSWORD: 'application-password',
      DB_PASSWORD_OTHER: 'application-other',
    });
  });
});
