import { describe, expect, it } from 'vitest';
import { aFile, aRun, aSkippedRun } from './fixture.ts';
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
      '  RPO: 3 acknowledged writes lost (async), of 2,398.',
      '  Writes paused for 2.41 s (goal: at most 30 s).',
      '  None of 6,000 requests failed; those in the pause waited.',
    ]);
    expect(page).toContain('  No acknowledged write was lost, of 2,398.');
    expect(page.at(-1)).toBe('2 passed, 0 failed, 0 skipped');
  });

  it('names the damage', () => {
    const page = verdictPage(
      aFile([
        aRun({
          verdict: 'fail',
          workload: { failed: 5 },
          recovery: { writeGapMs: null, firstWriteMs: null },
          consistency: { lost: 1, duplicated: 2 },
        }),
      ]),
    );
    expect(page).toContain('✘ Synchronous replication: failed');
    expect(page).toContain('1 acknowledged write lost, of 2,398.');
    expect(page).toContain('No write was acknowledged after the fault');
    expect(page).toContain('5 of 6,000 requests failed.');
    expect(page).toContain('Damage: 2 applied twice.');
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
      workload: { failed: 1234, sent: 1_234_567 },
      recovery: { writeGapMs: 45_000 },
      consistency: { lost: 1234, duplicated: 1234, unexpected: 1234, staleSessionReads: 1234, negativeBalances: 1234 },
    });
    const skipped = aSkippedRun('x', long);
    for (const second of [worst, skipped]) {
      const runs = [{ ...worst, spec: { ...worst.spec, replicationMode: 'async' as const } }, second];
      const page = verdictPage(aFile(runs)).split('\n');
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
});
