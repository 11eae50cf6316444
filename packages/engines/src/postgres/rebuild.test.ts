import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RenderContext } from '../common/context.ts';
import { BIN_DIR } from './names.ts';
import { putServerAsideScript, REBUILD_REFUSED } from './rebuild.ts';
import { parseCopies } from './rewind.ts';

describe('a server that is given up', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbmcrm-rebuild-'));
    mkdirSync(join(folder, 'data/postgres/main'), { recursive: true });
    writeFileSync(join(folder, 'data/postgres/main/row'), 'old');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  interface Scene {
    mode?: 'async' | 'sync';
    leader?: string;
    /** The state in the control file; missing: it cannot be read. */
    state?: string;
    /** It was primary once. */
    led?: boolean;
    freeKb?: number;
  }
  const run = ({ mode = 'async', leader = 'postgres-a', state, led = false, freeKb = 1_000_000 }: Scene) => {
    const spec = parseSpec(`platform: sbmcrm\ndatabase: { replicationMode: ${mode} }\n`, 'test.yaml');
    const topology = planTopology(spec);
    const host = topology.hosts.find(({ name }) => name === 'postgres-b');
    const program = (name: string, body: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    if (led) writeFileSync(join(folder, 'data/postgres/promoted-on-timeline'), '1\n');
    program('etcdctl', `echo '${leader}'`);
    program('pg_controldata', state === undefined ? 'exit 1' : `echo "Database cluster state:               ${state}"`);
    program('df', `echo head; echo "disk 1 1 ${freeKb} 1% /"`);
    program('sv', `echo "$*" >> ${folder}/ended`);
    program('pkill', 'exit 1');
    program('chown', ':');
    const script = putServerAsideScript({ spec, topology, host, secrets: {} } as unknown as RenderContext, 500_000)
      .replaceAll('/tmp/', '/TMP/')
      .replaceAll('/data', `${folder}/data`)
      .replaceAll('/TMP/', `${folder}/`)
      .replaceAll(BIN_DIR, folder);
    let code = 0;
    try {
      execFileSync('sh', ['-c', script], {
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
        stdio: 'ignore',
      });
    } catch (error) {
      code = (error as { status: number }).status;
    }
    const at = (path: string) => existsSync(join(folder, 'data/postgres', path));
    const copies = at('aside/copies')
      ? parseCopies(readFileSync(join(folder, 'data/postgres/aside/copies'), 'utf8'))
      : [];
    return {
      code,
      main: at('main'),
      replaced: at('replaced/row'),
      kept: copies.length,
      wasEnded: existsSync(join(folder, 'ended')),
    };
  };
  const UNTOUCHED = { main: true, replaced: false, kept: 0, wasEnded: false };

  it('is put aside until the new copy streams', () => {
    expect(run({ state: 'in archive recovery' })).toEqual({
      code: 0,
      main: false,
      replaced: true,
      kept: 0,
      wasEnded: true,
    });
  });

  it('is kept for good where it may have transactions that the primary lacks', () => {
    expect(run({ state: 'in production', led: true })).toMatchObject({
      code: 0,
      main: false,
      replaced: false,
      kept: 1,
    });
    const [name = ''] = readdirSync(join(folder, 'data/postgres/aside')).filter((each) => each.startsWith('replaced-'));
    expect(readFileSync(join(folder, 'data/postgres/aside', name, 'row'), 'utf8')).toBe('old');
  });

  it('is kept also where its control file cannot be read, if it ever led', () => {
    expect(run({ led: true })).toMatchObject({ kept: 1 });
  });

  it('is not kept where it never led, or with a synchronous standby', () => {
    expect(run({})).toMatchObject({ code: 0, replaced: true, kept: 0 });
    mkdirSync(join(folder, 'data/postgres/main'));
    expect(run({ led: true, mode: 'sync' })).toMatchObject({ code: 0, main: false, kept: 0 });
  });

  it('stays the old one of a try that was cut short', () => {
    run({ state: 'in archive recovery' });
    mkdirSync(join(folder, 'data/postgres/main'));
    expect(run({ state: 'in archive recovery' })).toMatchObject({ code: 0, main: false, replaced: true });
  });

  it('is kept also where files of an earlier try are left: it led meanwhile', () => {
    mkdirSync(join(folder, 'data/postgres/replaced'));
    expect(run({ state: 'in production', led: true })).toMatchObject({ code: 0, main: false, kept: 1 });
  });

  it('is not kept where it is a copy that was cut short', () => {
    writeFileSync(join(folder, 'data/postgres/main/backup_label'), 'BACKUP METHOD: streamed\n');
    expect(run({ state: 'in production', led: true })).toMatchObject({ code: 0, main: false, kept: 0 });
  });

  it('makes room for the new copy where the primary has all of it', () => {
    expect(run({ state: 'shut down in recovery', freeKb: 100_000 })).toMatchObject({
      code: 0,
      main: false,
      replaced: false,
    });
  });

  it('is left alone where it has the only copy and there is no room', () => {
    expect(run({ state: 'in production', led: true, freeKb: 100_000 })).toEqual({
      ...UNTOUCHED,
      code: REBUILD_REFUSED.noRoom,
    });
  });

  it('is left alone where it leads, or nobody does', () => {
    expect(run({ leader: 'postgres-b' })).toEqual({ ...UNTOUCHED, code: REBUILD_REFUSED.primary });
    expect(run({ leader: '' })).toEqual({ ...UNTOUCHED, code: REBUILD_REFUSED.nobodyLeads });
  });
});
