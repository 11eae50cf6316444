import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostDefinition } from '@sbmcrm/cloud';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostPaths } from '../state.ts';
import { damagedFiles, writeHostFiles } from './files.ts';

const file = { path: 'etcd/server.crt', content: 'PEM', owner: 'root', mode: 0o600 };
const definition: HostDefinition = {
  name: 'quorum-a',
  region: 'primary',
  zone: 'a',
  address: '10.77.1.160',
  managementAddress: '10.77.129.160',
  services: [
    { name: 'etcd', run: 'exec etcd', files: [file] },
    { name: 'sentinel', run: 'exec sentinel', finish: 'true', files: [] },
  ],
  hosts: '127.0.0.1 localhost\n',
  networkAdmin: false,
  code: false,
  size: { cpus: 1, memory: 1, disk: 1 },
};
let paths: HostPaths;

beforeEach(() => {
  paths = new HostPaths(mkdtempSync(join(tmpdir(), 'sbmcrm-files-')));
  writeHostFiles(definition, paths, { root: { uid: 0, gid: 0 } });
});
afterEach(() => rmSync(paths.root, { recursive: true }));

const inConfig = (path: string) => join(paths.config, path);

describe('files of a host', () => {
  it('are whole as they were written', () => {
    expect(damagedFiles(definition, paths)).toEqual({ services: [], isWhole: true });
  });

  it.each([
    ['edited', () => appendFileSync(inConfig('etcd/server.crt'), 'x'), ['etcd']],
    ['deleted', () => rmSync(inConfig('etcd/server.crt')), ['etcd']],
    ['a script that is empty', () => writeFileSync(inConfig('service/sentinel/finish'), ''), ['sentinel']],
    ['not of a service', () => writeFileSync(inConfig('hosts'), ''), []],
    ['all of them deleted', () => rmSync(paths.config, { recursive: true }), ['etcd', 'sentinel']],
  ])('are told when damaged: %s', (_what, damage, services) => {
    damage();
    expect(damagedFiles(definition, paths)).toEqual({ services, isWhole: false });
    writeHostFiles(definition, paths, { root: { uid: 0, gid: 0 } });
    expect(damagedFiles(definition, paths).isWhole).toBe(true);
  });
});
