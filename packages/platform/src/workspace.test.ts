import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPlatform, writeJson } from '@sbmcrm/local';
import { parseSpec, SpecError } from '@sbmcrm/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepSpec, openAsApplied } from './applied.ts';
import { openCloud, openPlatform, openWorkspace, readSpec } from './workspace.ts';

const SYNC = 'database: { replicationMode: sync }\n';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbmcrm-workspace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A workspace whose platform was brought up, with this text as its spec now. */
function broughtUp(spec: string | undefined): ReturnType<typeof openWorkspace> {
  const workspace = openWorkspace({ spec: join(folder, 'sbmcrm.yaml') });
  if (spec !== undefined) writeFileSync(workspace.specFile, spec);
  createPlatform(workspace.paths, 'sbmcrm', '10.90.0.0/16', 8090);
  writeJson(workspace.paths.cloudTokens, {}, 0o600);
  return workspace;
}

describe('a platform without its spec', () => {
  it.each([
    ['broken', ': ['],
    ['gone', undefined],
  ])('can be looked into while it is %s', (_what, text) => {
    const { record, paths } = openCloud(broughtUp(text));
    expect(record.port).toBe(8090);
    expect(paths.root).toBe(join(folder, '.sbmcrm'));
  });

  it('is none that was never up', () => {
    expect(() => openCloud(openWorkspace({ spec: join(folder, 'sbmcrm.yaml') }))).toThrow(/no platform here — run/);
  });
});

describe('the spec as it was applied', () => {
  it('stands in for a broken one', async () => {
    const workspace = broughtUp(SYNC);
    keepSpec(workspace.paths, { ...readSpec(workspace.specFile), folder });
    writeFileSync(workspace.specFile, 'database: { replicationMode: both }\n');
    const { platform, problem } = await openAsApplied(workspace);
    expect(platform.spec.database.replicationMode).toBe('sync');
    expect(platform.topology.hosts.length).toBeGreaterThan(0);
    expect(problem?.file).toBe(workspace.specFile);
    expect(problem?.problems).toHaveLength(1);
    expect(() => openPlatform(workspace)).toThrow(SpecError);
  });

  it('does not stand in for one that can be loaded', async () => {
    const workspace = broughtUp('{}\n');
    keepSpec(workspace.paths, { text: SYNC, spec: parseSpec(SYNC, 'then'), folder });
    const { platform, problem } = await openAsApplied(workspace);
    expect(platform.spec.database.replicationMode).toBe('async');
    expect(problem).toBeUndefined();
  });

  it.each([
    ['was never kept', () => {}],
    ['cannot be loaded either', (kept: string) => writeFileSync(kept, 'nonsense: 1\n')],
  ])('leaves the error as it is when it %s', async (_what, prepare) => {
    const workspace = broughtUp(undefined);
    prepare(workspace.paths.appliedSpec);
    await expect(openAsApplied(workspace)).rejects.toThrow(/sbmcrm\.yaml: no such file/);
  });

  it('is not read again while the file says the same, and nothing is lost of it', async () => {
    const workspace = broughtUp(SYNC);
    const read = readSpec(workspace.specFile);
    keepSpec(workspace.paths, { ...read, spec: { ...read.spec, platform: 'kept' }, folder });
    expect((await openAsApplied(workspace)).platform.spec).toEqual({ ...read.spec, platform: 'kept' });
    writeFileSync(workspace.specFile, `${SYNC}# another text\n`);
    expect((await openAsApplied(workspace)).platform.spec).toEqual(read.spec);
    // Damaged, or another version's.
    writeFileSync(workspace.specFile, SYNC);
    for (const text of ['{', '{ "of": "x" }']) {
      writeFileSync(workspace.paths.parsedSpec, text);
      expect((await openAsApplied(workspace)).platform.spec).toEqual(read.spec);
    }
  });

  it('is readable for its owner only', () => {
    const workspace = broughtUp(SYNC);
    keepSpec(workspace.paths, { ...readSpec(workspace.specFile), folder });
    const { appliedSpec, parsedSpec } = workspace.paths;
    expect([appliedSpec, parsedSpec].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  });
});
