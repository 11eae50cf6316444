import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostDefinition } from '@sbmcrm/cloud';
import { readJson } from '@sbmcrm/local';
import { openPlatform, openWorkspace } from '@sbmcrm/platform';
import { afterAll, describe, expect, it } from 'vitest';
import { shared, UNWATCHED } from './platform.ts';

const folder = mkdtempSync(join(tmpdir(), 'sbmcrm-spec-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a configuration that was defined but never taken over', () => {
  it('is still due at the next up', async () => {
    const { cloud, paths } = openPlatform(openWorkspace({ state: shared.state, spec: UNWATCHED }));
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
