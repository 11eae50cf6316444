import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { roleCallback } from './bootstrap.ts';
import { BIN_DIR } from './names.ts';

describe('the note of a promotion', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbmcrm-role-'));
    mkdirSync(join(folder, 'postgres/main/pg_wal'), { recursive: true });
    writeFileSync(join(folder, 'postgres/main/pg_wal/00000002.history'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @param control what `pg_controldata` does */
  const called = (role: string, control: string) => {
    const program = join(folder, 'pg_controldata');
    writeFileSync(program, `#!/bin/sh\n${control}\n`);
    chmodSync(program, 0o755);
    const script = roleCallback(join(folder, 'postgres/main'))
      .replaceAll('/data/postgres/promoted', `${folder}/postgres/promoted`)
      .replaceAll(BIN_DIR, folder)
      .replace('sleep 0.1', ':');
    let code = 0;
    try {
      execFileSync('sh', ['-c', script, 'role.sh', 'on_role_change', role, 'cluster'], { stdio: 'ignore' });
    } catch (error) {
      code = (error as { status: number }).status;
    }
    const note = join(folder, 'postgres/promoted-on-timeline');
    return { code, note: existsSync(note) ? readFileSync(note, 'utf8').trim() : undefined };
  };
  const STATE = 'echo "Database cluster state:              $1"';
  const IN_PRODUCTION = STATE.replace('$1', 'in production');

  it('is of the timeline that it began, though it is called before that is there', () => {
    const seen = called(
      'primary',
      `echo . >> ${folder}/looks; if [ "$(wc -l < ${folder}/looks)" -lt 3 ]; then ${STATE.replace('$1', 'in archive recovery')}; else touch ${folder}/postgres/main/pg_wal/0000000A.history; ${IN_PRODUCTION}; fi`,
    );
    expect(seen).toEqual({ code: 0, note: '10' });
  });

  it('is of the first timeline of all where there is no other', () => {
    rmSync(join(folder, 'postgres/main/pg_wal/00000002.history'));
    expect(called('primary', IN_PRODUCTION)).toEqual({ code: 0, note: '1' });
  });

  it('is none of a standby, nor of a promotion that does not end', () => {
    expect(called('replica', IN_PRODUCTION)).toEqual({ code: 0, note: undefined });
    expect(called('primary', STATE.replace('$1', 'in archive recovery'))).toEqual({ code: 1, note: undefined });
  });
});
