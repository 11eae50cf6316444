import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PEER_NAME } from '@sbmcrm/engines';
import { createPlatform, readPlatform, StatePaths } from '@sbmcrm/local';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureSecrets, readSecrets, storedSecrets } from './secrets.ts';

const NETWORK = '10.79.0.0/16';
const topology = planTopology(parseSpec('platform: sbmcrm\n', 'test.yaml'));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A platform's folder after its first `up`. */
async function made(name: string) {
  const paths = new StatePaths(join(folder, name));
  const record = createPlatform(paths, 'sbmcrm', NETWORK, 8080);
  await ensureSecrets(paths, record, topology, {});
  const { disk } = paths.host('postgres-a');
  mkdirSync(dirname(disk), { recursive: true });
  writeFileSync(disk, '');
  return paths;
}

const again = (paths: StatePaths) => {
  const record = readPlatform(paths);
  if (!record) throw new Error('no record');
  return ensureSecrets(paths, record, topology, {});
};

describe('secrets of a platform with data', () => {
  it('stay what they are', async () => {
    const paths = await made('one');
    const before = readSecrets(paths);
    expect(await again(paths)).toEqual(before);
  });

  it.each<[string, RegExp, (file: string) => void]>([
    ['gone', /secrets\.json: there is no such file/, (file) => rmSync(file)],
    ['empty', /secrets\.json: not valid JSON/, (file) => writeFileSync(file, '')],
    ['cut', /secrets\.json: not valid JSON/, (file) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, 99))],
    ['without a password', /secrets\.json: it lacks redis/, (file) => change(file, (all) => ({ ...all, redis: '' }))],
    [
      "another platform's",
      /secrets\.json: it is another platform's/,
      (file) => change(file, (all) => ({ ...all, id: 'another' })),
    ],
  ])('are refused when they are %s, and nothing is made anew', async (_what, message, damage) => {
    const paths = await made('one');
    const whole = readFileSync(paths.secrets, 'utf8');
    damage(paths.secrets);
    const damaged = existsSync(paths.secrets) && readFileSync(paths.secrets, 'utf8');
    await expect(again(paths)).rejects.toMatchObject({
      code: 'STATE_DAMAGED',
      message: expect.stringMatching(message),
    });
    expect(() => readSecrets(paths)).toThrow(message);
    expect(existsSync(paths.secrets) && readFileSync(paths.secrets, 'utf8')).toBe(damaged);
    writeFileSync(paths.secrets, whole);
    expect(await again(paths)).toEqual(JSON.parse(whole));
  });

  it('get what a later version adds, and certificates for damaged ones', async () => {
    const paths = await made('one');
    const before = readSecrets(paths);
    change(paths.secrets, ({ holder: _, id: _i, ...all }) => ({ ...all, tls: { ...before.tls, serverCert: 'x' } }));
    const after = await again(paths);
    expect(after).toMatchObject({ redis: before.redis, holder: expect.stringMatching(/^\w{48}$/) });
    expect(after.tls.serverCert).toMatch(/BEGIN CERTIFICATE/);
    expect(JSON.parse(readFileSync(paths.secrets, 'utf8')).id).toBe(readPlatform(paths)?.secretsId);
  });

  it('get a certificate of the Alertmanagers beside those that there are', async () => {
    const paths = await made('one');
    const { tls } = readSecrets(paths);
    const { peerCert: _c, peerKey: _k, ...before } = tls;
    change(paths.secrets, (all) => ({ ...all, tls: before }));
    const after = await again(paths);
    expect(after.tls).toMatchObject(before);
    const peer = new X509Certificate(after.tls.peerCert ?? '');
    // Its own authority: with another one it would open what that one opens.
    expect([peer.verify(peer.publicKey), peer.checkHost(PEER_NAME)]).toEqual([true, PEER_NAME]);
    expect(peer.checkPrivateKey(createPrivateKey(after.tls.peerKey ?? ''))).toBe(true);
  });

  it('may be made while there is no data', async () => {
    const paths = await made('one');
    rmSync(paths.hosts, { recursive: true });
    rmSync(paths.secrets);
    expect(storedSecrets(paths)).toBeUndefined();
    expect((await again(paths)).redis).toMatch(/^\w{48}$/);
  });
});

function change(file: string, by: (all: Record<string, unknown>) => Record<string, unknown>): void {
  writeFileSync(file, JSON.stringify(by(JSON.parse(readFileSync(file, 'utf8')))));
}
