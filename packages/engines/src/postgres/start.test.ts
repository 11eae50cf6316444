import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSpec } from '@sbmcrm/spec';
import { planTopology } from '@sbmcrm/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RenderContext } from '../common/context.ts';
import { BIN_DIR } from './names.ts';
import { lastPrimaryFirst } from './start.ts';

const spec = parseSpec('platform: sbmcrm\n', 'test.yaml');
const topology = planTopology(spec);

describe('a database host that starts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbmcrm-start-'));
    mkdirSync(join(folder, 'data/main/pg_wal'), { recursive: true });
    writeFileSync(join(folder, 'data/main/PG_VERSION'), '17');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  interface Scene {
    /** Default: the standby of a new cluster. */
    name?: string;
    /** The timeline that it led last. */
    led?: number;
    /** The newest one that it knows. */
    timeline?: number;
    /** Who holds the key, in each look. */
    leaders?: string[];
    /** What the other host's agent says of it, in each look. */
    other?: string[];
    answers?: boolean;
    runs?: boolean;
  }

  /** @returns what it said, and how often it looked who leads */
  const start = (scene: Scene) => {
    const {
      name = 'postgres-b',
      led,
      timeline = 1,
      leaders = [''],
      other = [''],
      answers = true,
      runs = false,
    } = scene;
    const host = topology.hosts.find((each) => each.name === name);
    if (led !== undefined) writeFileSync(join(folder, 'data/promoted-on-timeline'), `${led}\n`);
    if (timeline > 1) writeFileSync(join(folder, `data/main/pg_wal/0000000${timeline}.history`), '');
    const program = (name: string, body: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    program('pg_isready', `exit ${answers ? 0 : 1}`);
    program('pgrep', `exit ${runs ? 0 : 1}`);
    program('sleep', '');
    const turns = (values: string[], file: string) =>
      `n=$(cat ${folder}/${file}); echo $((n + 1)) > ${folder}/${file}; case $n in ${values
        .map(
          (value, turn) =>
            `${turn === values.length - 1 ? '*' : turn}) ${value === 'silent' ? 'echo no >&2; exit 1' : `echo '${value}'`} ;;`,
        )
        .join(' ')} esac`;
    for (const file of ['leaders', 'others']) writeFileSync(join(folder, file), '0');
    program('etcd', `case $3 in */leader) ${turns(leaders, 'leaders')} ;; *) ${turns(other, 'others')} ;; esac`);
    const script = lastPrimaryFirst({ spec, topology, host, secrets: {} } as unknown as RenderContext)
      .join('\n')
      .replaceAll('/tmp/', `${folder}/`)
      .replaceAll(BIN_DIR, folder)
      .replaceAll('/data/postgres', `${folder}/data`)

      .replace('+ 60', '+ 1');
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const text = execFileSync('sh', ['-euc', `${script}\ncat ${folder}/leaders`], { env, encoding: 'utf8' });
    const lines = text.trim().split('\n');
    return { looks: Number(lines.pop()), said: lines };
  };
  const WAITS = 'nobody leads, and this was not the primary last: that one comes first';
  const GIVES_UP = 'the last primary is not there: going on without it';

  it.each<[string, Scene]>([
    ['it led last', { led: 1 }],
    ['it led last, on a later timeline', { led: 3, timeline: 3 }],
    ['its PostgreSQL runs', { runs: true }],
  ])('goes on at once where %s', (_what, scene) => {
    expect(start(scene)).toEqual({ looks: 0, said: [] });
  });

  it('goes on at once where the primary is there, or it holds the lease itself', () => {
    expect(start({ leaders: ['postgres-a'] })).toEqual({ looks: 1, said: [] });
    expect(start({ leaders: ['postgres-b'], answers: false })).toEqual({ looks: 1, said: [] });
  });

  it('waits for the last primary, also one that led on an earlier timeline itself', () => {
    expect(start({ led: 1, timeline: 2, leaders: ['', '', 'postgres-a'] })).toEqual({ looks: 3, said: [WAITS] });
  });

  it('does not take the key of a primary that is gone for the primary', () => {
    expect(start({ leaders: ['postgres-a'], answers: false }).said).toEqual([WAITS, GIVES_UP]);
  });

  it('goes on after a while where the last primary does not come', () => {
    expect(start({ other: ['{"state":"running","role":"replica"}'] }).said).toEqual([WAITS, GIVES_UP]);
  });

  it('waits for as long as the last primary recovers', () => {
    const other = ['{"state":"starting"}', '{"state":"starting"}', ''];
    expect(start({ other }).said).toEqual([WAITS, GIVES_UP]);
    expect(readFileSync(join(folder, 'others'), 'utf8').trim()).toBe('3');
  });

  it('does not wait for one whose PostgreSQL cannot start', () => {
    expect(start({ other: ['{"state":"start failed"}'] }).said).toEqual([WAITS, GIVES_UP]);
    expect(readFileSync(join(folder, 'others'), 'utf8').trim()).toBe('1');
  });

  it('does not wait for one that has no files', () => {
    expect(start({ other: ['{"state":"stopped","role":"uninitialized"}'] }).said).toEqual([WAITS, GIVES_UP]);
    expect(readFileSync(join(folder, 'others'), 'utf8').trim()).toBe('1');
  });

  it('is no matter for the host that made the cluster and was cut short before it noted that', () => {
    expect(start({ name: 'postgres-a' })).toEqual({ looks: 0, said: [] });
    expect(start({ name: 'postgres-a', timeline: 2, leaders: ['', 'postgres-b'] }).said).toEqual([WAITS]);
  });

  it('does not count the time without etcd', () => {
    expect(start({ leaders: ['silent', 'silent', 'postgres-a'] })).toEqual({ looks: 3, said: [] });
  });
});
