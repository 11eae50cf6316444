import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RenderContext } from '../common/context.ts';
import { copyProgress, copyScript, waitsForTurn } from './copy.ts';
import { BIN_DIR } from './names.ts';

const spec = parseSpec('platform: sbmcrm\n', 'test.yaml');
const topology = planTopology(spec);
const host = topology.hosts.find(({ name }) => name === 'replica-a');
const addressOf = (name: string) => topology.hosts.find((each) => each.name === name)?.address;

describe('a copy of a server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbmcrm-copy-'));
    mkdirSync(join(folder, 'run'));
    writeFileSync(join(folder, 'pgpass'), '10.77.0.1:5432:*:replicator:se\\:cret\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const program = (name: string, body: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  };

  /** @param streaming hosts that follow well. @returns from where it was copied, as the tool was told */
  const copy = (streaming: readonly string[], { fails = false, lags = '' } = {}) => {
    const good = streaming.map((name) => `*${addressOf(name)}:*) echo '{"replication_state": "streaming"}' ;;`);
    program(
      'curl',
      `case $* in *${addressOf(lags) ?? 'nobody'}:*) exit 22 ;; ${good.join(' ')} *) echo '{"replication_state": "in archive recovery"}' ;; esac`,
    );
    // `etcdctl … lock KEY COMMAND …`
    program('etcdctl', `while [ "$1" != lock ]; do shift; done; echo "$2 $3 $4" > ${folder}/lock; shift 4; exec "$@"`);
    program(
      'pg_basebackup',
      `for each in "$@"; do case $each in --dbname=*) echo "$each" > ${folder}/source ;; esac; done; cat "$PGPASSFILE" > ${folder}/used; exit ${fails ? 1 : 0}`,
    );
    const script = copyScript({ spec, topology, host, secrets: {} } as unknown as RenderContext)
      .replaceAll('/run/postgresql/', `${folder}/run/`)
      .replaceAll(BIN_DIR, folder);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, PGPASSFILE: join(folder, 'pgpass') };
    const args = [
      '-c',
      script,
      'copy.sh',
      '--scope=x',
      `--datadir=${folder}/data`,
      '--connstring=host=10.77.0.1 port=5432 user=replicator',
    ];
    let code = 0;
    let said = '';
    try {
      said = execFileSync('sh', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      code = (error as { status: number }).status;
      said = (error as { stdout: string }).stdout;
    }
    // The last host of a connection string is the one that counts.
    const source = [...readFileSync(join(folder, 'source'), 'utf8').matchAll(/ ?host=(\S+)/g)].at(-1)?.[1];
    return { code, said, source: topology.hosts.find(({ address }) => address === source)?.name ?? source };
  };

  it('is made from a read replica that follows, else from the standby, else from the primary', () => {
    expect(copy(['replica-b', 'postgres-b']).source).toBe('replica-b');
    expect(copy(['postgres-b']).source).toBe('postgres-b');
    expect(copy([])).toMatchObject({ code: 0, source: '10.77.0.1' });
  });

  it('is not made from one that is behind, or waits for log that is gone', () => {
    expect(copy(['replica-b', 'postgres-b'], { lags: 'replica-b' }).source).toBe('postgres-b');
  });

  it('passes a source over that failed, until all have', () => {
    expect(copy(['replica-b', 'postgres-b'], { fails: true })).toMatchObject({ code: 1, source: 'replica-b' });
    expect(copy(['replica-b', 'postgres-b'], { fails: true }).source).toBe('postgres-b');
    expect(copy(['replica-b', 'postgres-b'], { fails: true })).toMatchObject({ code: 1, source: '10.77.0.1' });
    expect(copy(['replica-b', 'postgres-b']).source).toBe('replica-b');
  });

  it('is one at a time, and says so', () => {
    const { said } = copy(['replica-b']);
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe('--ttl=15 -- /sbmcrm/copying\n');
    const [first = '', second] = said.split('\n');
    expect(waitsForTurn(first)).toBe(true);
    expect(second).toBe('copying the server of replica-b');
  });

  it('logs in with the password that every member has', () => {
    copy(['replica-b']);
    expect(readFileSync(join(folder, 'used'), 'utf8')).toBe('*:*:*:replicator:se\\:cret\n');
  });

  it('tells how far it is', () => {
    expect(copyProgress(' 24012/2304053 kB (1%), 0/1 tablespace')).toEqual({ doneKb: 24_012, totalKb: 2_304_053 });
    expect(copyProgress('INFO no action')).toBeUndefined();
  });
});
