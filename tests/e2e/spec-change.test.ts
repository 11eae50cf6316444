import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostDefinition, readJson } from '@sbmcrm/local';
import { openPlatform, openWorkspace } from '@sbmcrm/platform';
import { afterAll, describe, expect, it } from 'vitest';
import { CrmClient } from './crm.ts';
import { shared, TestPlatform } from './platform.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-spec-'));

function specFile(name: string, yaml: string): string {
  const file = join(folder, name);
  writeFileSync(file, `platform: sbmcrm\n${yaml}`);
  return file;
}

afterAll(async () => {
  await shared.up(); // back to the spec of the other tests
  rmSync(folder, { recursive: true, force: true });
});

describe('a changed spec', () => {
  it('reaches a running platform: async becomes sync, goes on without its standby, says so, and becomes async again', async () => {
    const sync = new TestPlatform({
      ...shared,
      spec: specFile('sync.yaml', 'database: { replicationMode: sync, maxConnections: 440 }\n'),
    });
    const crm = new CrmClient(shared);
    await crm.login();
    const customer = await crm.createCustomer();
    expect((await shared.healthy()).database).toMatchObject({ replicationMode: 'async', protected: false });

    const up = await sync.up();
    expect(up.stderr).not.toContain('sbmcrm:');
    expect(up.code).toBe(0);
    const { database } = await sync.healthy();
    expect(database).toMatchObject({ replicationMode: 'sync', protected: true });

    // That the primary's loss loses nothing then is the drills' business.
    const standby = database.members.find(({ role }) => role === 'standby')?.name ?? '';
    await sync.json('fault', 'inject', 'stop', standby);
    const { id } = await crm.earn(customer, 1);
    expect((await crm.ledger(customer)).entries.map((entry) => entry.id)).toEqual([id]);
    const alone = await sync.until('it is known', (status) => !status.database.protected && status);
    expect(alone.reasons.join('\n')).toMatch(/no synchronous standby/);

    expect((await sync.up()).code).toBe(0);
    expect((await sync.healthy()).database.protected).toBe(true);
    expect((await sync.json<{ changed: boolean }>('up')).changed).toBe(false);

    expect((await shared.up()).code).toBe(0);
    expect((await shared.healthy()).database.replicationMode).toBe('async');
  });
});

describe('a configuration that was defined but never taken over', () => {
  it('is still due at the next up', async () => {
    const { cloud, paths } = openPlatform(openWorkspace({ state: shared.state, spec: 'sbmcrm.yaml' }));
    const definition = readJson<HostDefinition>(paths.host('redis-b').definition);
    if (!definition) throw new Error('redis-b has no definition');
    const changed = definition.services.map((service) => ({ ...service, run: `${service.run}# changed\n` }));
    for (let i = 0; i < 2; i++) {
      expect((await cloud.createHost({ ...definition, services: changed })).changed).toEqual(['redis']);
    }
    expect((await cloud.createHost(definition)).changed).toEqual([]);
  });
});

describe('a spec that a running platform cannot follow', () => {
  it.each([
    ['another name', 'platform: crm\n', /is called "sbmcrm", not "crm"/],
    [
      'the standby in another place',
      'database: { primary: { zone: b }, standby: { zone: b } }\n',
      /holds data or a vote/,
    ],
    ['another quorum', 'quorum: { zones: [a] }\n', /moves etcd from quorum-a, quorum-b, quorum-c to quorum-a/],
  ])('is refused in one line: %s', async (_what, yaml, message) => {
    const file = join(folder, 'refused.yaml');
    writeFileSync(file, yaml);
    const { code, stderr } = await shared.run('up', '--force', '--spec', file);
    expect(stderr.trim()).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  });

  it('changes nothing', async () => {
    expect((await shared.json<{ changed: boolean }>('up')).changed).toBe(false);
  });
});
