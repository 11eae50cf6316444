import { describe, expect, it } from 'vitest';
import { aFile, aRun, aSkippedRun } from '../fixture.ts';
import { writesSparkline } from './sparkline.ts';
import { verdictPage } from './verdict-page.ts';

describe('verdictPage', () => {
  it('tells what was done and what came out', () => {
    const async = aRun({ spec: { replicationMode: 'async' }, consistency: { lost: 3 } });
    const page = verdictPage(aFile([async, aRun()])).split('\n');
    expect(page[1]).toMatch(/under load, once async, once sync\.$/);
    expect(page.slice(3, 9)).toEqual([
      '✔ Asynchronous replication: passed',
      expect.stringMatching(/^ {2}[▁-█]+·+[▁-█]+ 40 writes\/s$/),
      '                      ▲ stop postgres-a, 20 s  △ healed',
      '  RPO: 3 acknowledged writes lost (async, at most 0.34 s lag), of 2,398.',
      '  Writes paused for 2.41 s (goal: at most 30 s).',
      '  None of 6,000 requests failed; those in the pause waited.',
    ]);
    expect(page).toContain('  No acknowledged write was lost, of 2,398.');
    expect(page.at(-1)).toBe('2 passed, 0 failed, 0 void, 0 skipped');
  });

  it('names the damage', () => {
    const page = verdictPage(
      aFile([
        aRun({
          verdict: 'fail',
          workload: { failed: 5, refused: 7 },
          recovery: { writeGapMs: 31_200, writeGapEnded: false, firstWriteMs: null },
          consistency: { lost: 1, duplicated: 2, wrongBalances: 1, outOfOrder: 3, wrongRefusals: 4 },
        }),
      ]),
    );
    expect(page).toContain('✘ Synchronous replication: failed');
    expect(page).toContain('1 acknowledged write lost, of 2,398.');
    expect(page).toContain('Pause in writes: ≥ 31.2 s, did not end (goal: at most 30 s).');
    expect(page).toContain('5 of 6,000 requests failed; 7 refused early.');
    expect(page).toContain('Damage: 2 applied twice, 1 wrong balance, 3 out of order, 4 wrongly refused.');
  });

  it('tells early refusals also where nothing failed', () => {
    expect(verdictPage(aFile([aRun({ workload: { refused: 7 } })]))).toContain(
      'None of 6,000 requests failed; 7 refused early.',
    );
  });

  it('does not excuse what async replication lost beyond its lag', () => {
    const consistency = { lost: 5, lostBeyondLag: 2 };
    const page = verdictPage(aFile([aRun({ spec: { replicationMode: 'async' }, verdict: 'fail', consistency })]));
    expect(page).toContain('  5 acknowledged writes lost, 2 beyond 0.34 s lag, of 2,398.');
    expect(page).not.toContain('RPO');
  });

  it('claims nothing of writes when the ledgers could not be read', () => {
    const page = verdictPage(aFile([aRun({ verdict: 'fail', consistency: { checked: false, duplicated: 3 } })]));
    expect(page).toContain('Not known whether writes were lost: the ledgers could not be read.');
    expect(page).not.toContain('No acknowledged write was lost');
    expect(page).toContain('  No second primary seen.\n');
    expect(page).not.toContain('Nothing twice');
  });

  it('of a void run shows why, and no sentence on what came out', () => {
    const file = aFile([aRun({ verdict: 'void', reason: 'the load was starved' })]);
    const page = verdictPage(file);
    expect(page).toContain('◌ Synchronous replication: void\n  the load was starved\n');
    expect(page).not.toMatch(/lost, of|paused|failed;|Nothing twice/);
    expect(page).toMatch(/0 passed, 0 failed, 1 void, 0 skipped$/);
    expect(verdictPage(file, { color: true })).toContain('\u001b[33m◌ Synchronous');
  });

  it('says when it is not all that was planned', () => {
    const plan = [1, 2].map((seed) => ({ drill: 'x', set: {}, seed }));
    expect(verdictPage(aFile([aRun()], { plan }))).toMatch(/1 passed, .* 0 skipped; 1 of 2 drills ran$/);
  });

  it('shows the repeat that failed', () => {
    const page = verdictPage(aFile([aRun(), aRun({ verdict: 'fail', reason: 'slow' })]));
    expect(page).toContain('✘ Synchronous replication: failed\n  slow');
    expect(page).toMatch(/1 more run in the report$/);
  });

  it('fits one screen', () => {
    const long = 'word '.repeat(80);
    const worst = aRun({
      title: long,
      reason: long,
      verdict: 'fail',
      marks: [{ atMs: 58_000, kind: 'fault', label: long }],
      workload: { failed: 1_234_567, sent: 1_234_567, refused: 1_234_567 },
      recovery: { writeGapMs: 145_000, writeGapEnded: false },
      consistency: {
        acknowledged: 123_456,
        lost: 123_456,
        lostBeyondLag: 123_456,
        lagBoundMs: 12_340,
        duplicated: 1234,
        unexpected: 1234,
        staleSessionReads: 1234,
        negativeBalances: 1234,
        outOfOrder: 1234,
        wrongRefusals: 1234,
      },
    });
    const rest = { title: long, reason: long };
    const others = [
      aSkippedRun('x', long),
      aRun({ ...rest, verdict: 'void' }),
      aRun({ ...rest, verdict: 'fail', consistency: { checked: false } }),
    ];
    for (const second of [worst, ...others]) {
      const async = { ...worst, spec: { ...worst.spec, replicationMode: 'async' as const } };
      const file = aFile([async, second, ...Array.from({ length: 99 }, () => second)]);
      const page = verdictPage({ ...file, plan: [...file.plan, ...file.plan] }).split('\n');
      expect(page.length).toBeLessThanOrEqual(24);
      expect(Math.max(...page.map((line) => line.length))).toBeLessThanOrEqual(80);
    }
    expect(verdictPage(aFile([]))).toContain('Nothing was run');
  });
});

it('draws a gap apart from a low rate, and cuts the burst after it', () => {
  const writes = [10, 10, 10, 1, 0, 0, 100, 10];
  const line = writesSparkline({ ...aRun().series, bucketMs: 1000, writes }, 60);
  expect(line.text).toBe('▆▆▆▁··█▆');
  expect(line.usual).toBe(10);
  expect(line.columnOf(4500)).toBe(4);
  expect(line.columnOf(99_000)).toBe(7);
  const away = writesSparkline({ ...aRun().series, bucketMs: 1000, writes: [10, 10, 0, 0, 0, 0] }, 60);
  expect([away.text, away.usual]).toEqual(['▆▆····', 10]);
});
