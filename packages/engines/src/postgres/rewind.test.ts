import { execFileSync, spawnSync } from 'node:child_process';
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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BIN_DIR } from './names.ts';
import { parseCopies, rewindScript } from './rewind.ts';

const PARTED = 'pg_rewind: servers diverged at WAL location 0/3CBD880 on timeline 1';

describe('a primary that comes back after another one was promoted', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sbmcrm-rewind-'));
    mkdirSync(join(folder, 'data/postgres/main/pg_wal'), { recursive: true });
    writeFileSync(join(folder, 'data/postgres/main/row'), 'only here');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs the script with programs that say what they are to say. @returns what was really called, and what is aside */
  const run = (said: {
    plan?: string;
    dryRun?: number;
    log?: string;
    timeline?: number;
    free?: number;
    copyFails?: boolean;
    rewindFails?: boolean;
    primaryAnswers?: boolean;
  }) => {
    const { plan = PARTED, dryRun = 0, log = '', timeline = 1, free = 10_000_000 } = said;
    const program = (name: string, body: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    const calls = join(folder, 'calls');
    program(
      'pg_rewind',
      `case $1 in --dry-run) echo '${plan}' >&2; exit ${dryRun} ;; esac; cat ${folder}/data/postgres/main/row > ${calls}; ${said.rewindFails ? 'exit 1' : ':'}; echo rewound > ${folder}/data/postgres/main/row`,
    );
    program('pg_waldump', `printf '${log}'; exit 1`);
    program(
      'pg_controldata',
      `echo "Latest checkpoint location:           0/3CBD000"; echo "Latest checkpoint's TimeLineID:       ${timeline}"`,
    );
    program('pg_isready', `[ "$3" = host=b ] && exit ${said.primaryAnswers === false ? 1 : 0}; exit 2`);
    // Once: it takes itself away, and the next one is the system's.
    if (said.copyFails) program('cp', 'rm "$0"; exit 1');
    program('df', `echo head; echo "disk 1 1 ${free} 1% /"`);
    // Some room is made while it waits.
    program('sleep', `printf '#!/bin/sh\\necho head; echo "disk 1 1 10000000 1%% /"\\n' > ${folder}/df`);
    const script = rewindScript()
      .replaceAll('/tmp/', `${folder}/`)
      .replaceAll(BIN_DIR, folder)
      .replaceAll('/data/postgres', join(folder, 'data/postgres'));
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    const { stdout: text, status: code } = spawnSync(
      'sh',
      ['-c', script, 'pg_rewind', '-D', 'x', '--source-server', 'host=b'],
      {
        env,
        encoding: 'utf8',
      },
    );
    const aside = join(folder, 'data/postgres/aside');
    return {
      text,
      code,
      isThere: existsSync(join(folder, 'data/postgres/main')),
      rewound: existsSync(calls) ? readFileSync(calls, 'utf8') : undefined,
      aside: existsSync(aside) ? readdirSync(aside).sort() : [],
      copies: existsSync(join(aside, 'copies')) ? parseCopies(readFileSync(join(aside, 'copies'), 'utf8')) : [],
      kept: (name: string) => readFileSync(join(aside, name, 'row'), 'utf8'),
    };
  };
  const commits = (count: number) => 'rmgr: Transaction desc: COMMIT 2026-01-01\\n'.repeat(count);

  it('is put aside as it was before it is rewound, where its log has commits that the new primary lacks', () => {
    const seen = run({ log: `rmgr: Transaction desc: ABORT\\n${commits(3)}` });
    const name = 'timeline-1-from-0-3CBD880';
    expect(seen).toMatchObject({ rewound: 'only here', aside: ['copies', name] });
    expect(seen.kept(name)).toBe('only here');
    expect(seen.copies).toEqual([{ path: `/data/postgres/aside/${name}`, commits: 3, isMissing: false }]);
    // Again, as after a rewind that was cut short: what was put aside first is what counts.
    const again = run({ log: commits(3) });
    expect(again).toMatchObject({ rewound: 'rewound\n', aside: ['copies', name] });
    expect(again.kept(name)).toBe('only here');
    expect(again.copies).toHaveLength(1);
  });

  it.each([
    ['it has none', { log: 'rmgr: Transaction desc: ABORT\\n' }],
    ['there is nothing to rewind', { plan: 'pg_rewind: no rewind required', log: commits(3) }],
  ])('is rewound at once where %s', (_what, said) => {
    expect(run(said)).toMatchObject({ rewound: 'only here', aside: [] });
  });

  it.each([
    ['what the rewind would do is not known', { plan: 'pg_rewind: error: no connection', dryRun: 1 }],
    ['it went on to a timeline of its own', { timeline: 3, log: commits(1) }],
  ])('is put aside where %s, however many commits it has', (_what, said) => {
    const seen = run(said);
    expect(seen.rewound).toBe('only here');
    expect(seen.copies).toMatchObject([{ commits: undefined, isMissing: false }]);
  });

  it('waits for room, and says so: nothing is thrown away', () => {
    const seen = run({ log: commits(1), free: 1000 });
    expect(seen.text).toContain('1 commits that only this host has could not be put aside yet');
    expect(seen).toMatchObject({ rewound: 'only here', copies: [{ isMissing: false }] });
  });

  it('is rewound after it was put aside only, also where the first copy fails', () => {
    const seen = run({ log: commits(1), copyFails: true });
    expect(seen.text).toContain('could not be put aside yet');
    expect(seen).toMatchObject({ code: 0, rewound: 'only here', copies: [{ isMissing: false }] });
    expect(seen.kept('timeline-1-from-0-3CBD880')).toBe('only here');
  });

  it.each([true, false])(
    'that cannot be rewound is copied anew, as long as the primary answers: %s',
    (primaryAnswers) => {
      const seen = run({ log: commits(1), rewindFails: true, primaryAnswers });
      expect(seen).toMatchObject({ code: 1, isThere: !primaryAnswers, copies: [{ isMissing: false }] });
      expect(seen.kept('timeline-1-from-0-3CBD880')).toBe('only here');
    },
  );

  it('is asked what it can do as PostgreSQL’s own program is', () => {
    const script = rewindScript().replaceAll(`${BIN_DIR}/pg_rewind`, 'echo asked');
    expect(execFileSync('sh', ['-c', script, 'pg_rewind', '--help'], { encoding: 'utf8' })).toBe('asked --help\n');
  });
});

describe('the note of what was put aside', () => {
  it('is read line by line, and what makes no sense is left out', () => {
    expect(parseCopies(null)).toEqual([]);
    expect(parseCopies('kept 2 timeline-1-from-0-3\nmissing ? timeline-2-at-0-5\nkept x y\n\0\n')).toEqual([
      { path: '/data/postgres/aside/timeline-1-from-0-3', commits: 2, isMissing: false },
      { path: '/data/postgres/aside/timeline-2-at-0-5', commits: undefined, isMissing: true },
    ]);
  });
});
