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
import { patroniConfig } from './config.ts';
import { copyScript } from './copy.ts';
import { BIN_DIR } from './names.ts';
import { putAsideFunction, REBUILD_REFUSED, REPLACES, replaceServerScript } from './rebuild.ts';
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
    /** What Patroni does when it is asked; default: it does not answer. */
    patroni?: 'copies' | 'does nothing';
    /** Its copy script is one of an earlier version. */
    isOld?: boolean;
  }
  const PASSWORD = 'pa:s_s-x';
  const run = ({
    mode = 'async',
    leader = 'postgres-a',
    state,
    led = false,
    freeKb = 1_000_000,
    patroni,
    isOld = false,
  }: Scene) => {
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
    program('pgrep', 'exit 1');
    program('chown', ':');
    program('sleep', ':');
    mkdirSync(join(folder, 'run/postgresql'), { recursive: true });
    mkdirSync(join(folder, 'etc/postgres'), { recursive: true });
    const context = { spec, topology, host, secrets: { patroniApi: PASSWORD } } as unknown as RenderContext;
    writeFileSync(join(folder, 'etc/postgres/patroni.yml'), patroniConfig(context));
    writeFileSync(join(folder, 'etc/postgres/copy.sh'), isOld ? 'exit 0\n' : copyScript(context));
    const inFolder = (text: string) =>
      text
        .replaceAll('/tmp/', '/TMP/')
        .replaceAll('/data', `${folder}/data`)
        .replaceAll('/run/postgresql', `${folder}/run/postgresql`)
        .replaceAll('/etc/sbmcrm', `${folder}/etc`)
        .replaceAll('/TMP/', `${folder}/`)
        .replaceAll(BIN_DIR, folder);
    const copies = patroni === 'copies' ? inFolder(`${putAsideFunction()}; put_aside`) : '';
    program('curl', `cat > ${folder}/asked; ${patroni === undefined ? 'exit 7' : `(${copies || ':'}\n)`}`);
    const script = inFolder(replaceServerScript(context, 500_000));
    let code = 0;
    let said = '';
    try {
      said = execFileSync('sh', ['-c', script], {
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch (error) {
      code = (error as { status: number }).status;
    }
    const at = (path: string) => existsSync(join(folder, 'data/postgres', path));
    const kept = at('aside/copies')
      ? parseCopies(readFileSync(join(folder, 'data/postgres/aside/copies'), 'utf8'))
      : [];
    return {
      code,
      main: at('main'),
      replaced: at('replaced/row'),
      kept: kept.length,
      isCopied: said.includes(REPLACES),
      wasEnded: existsSync(join(folder, 'ended')),
    };
  };
  const UNTOUCHED = { main: true, replaced: false, kept: 0, isCopied: false, wasEnded: false };

  it('is put aside until the new copy streams', () => {
    expect(run({ state: 'in archive recovery' })).toEqual({
      code: 0,
      main: false,
      replaced: true,
      kept: 0,
      isCopied: false,
      wasEnded: true,
    });
  });

  it('is put aside by Patroni, which goes on, where it answers', () => {
    expect(run({ state: 'in archive recovery', patroni: 'copies' })).toEqual({
      code: 0,
      main: false,
      replaced: true,
      kept: 0,
      isCopied: true,
      wasEnded: false,
    });
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe(`user = "patroni:${PASSWORD}"\n`);
  });

  it('is put aside also where Patroni says yes and does nothing', () => {
    expect(run({ state: 'in archive recovery', patroni: 'does nothing' })).toMatchObject({
      replaced: true,
      isCopied: false,
      wasEnded: true,
    });
  });

  it('is put aside without Patroni where its copy script is of an earlier version, or files are to be kept', () => {
    const old = run({ state: 'in archive recovery', patroni: 'copies', isOld: true });
    expect(old).toMatchObject({ replaced: true, isCopied: false, wasEnded: true });
    mkdirSync(join(folder, 'data/postgres/main'));
    const kept = run({ state: 'in production', led: true, patroni: 'copies' });
    expect(kept).toMatchObject({ kept: 1, isCopied: false, wasEnded: true });
    expect(existsSync(join(folder, 'asked'))).toBe(false);
  });

  it('is kept once: what lies there the next time is a copy that was cut short', () => {
    expect(run({ state: 'in production', led: true })).toMatchObject({ kept: 1 });
    const [name = ''] = readdirSync(join(folder, 'data/postgres/aside')).filter((each) => each.startsWith('replaced-'));
    writeFileSync(join(folder, 'run/postgresql/replaced-to'), `${folder}/data/postgres/aside/${name}\n`);
    mkdirSync(join(folder, 'data/postgres/main'));
    const script = `chown() { :; }; ${putAsideFunction()}; put_aside`
      .replaceAll('/run/postgresql', `${folder}/run/postgresql`)
      .replaceAll(/(?<!run)\/data/g, `${folder}/data`);
    execFileSync('sh', ['-c', script]);
    expect(existsSync(join(folder, 'data/postgres/main'))).toBe(false);
    expect(readdirSync(join(folder, 'data/postgres/aside', name))).toEqual(['row']);
    expect(readFileSync(join(folder, 'data/postgres/aside/copies'), 'utf8').trim().split('\n')).toHaveLength(1);
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
