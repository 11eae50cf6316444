import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { aFile, aRun, aSkippedRun } from './fixture.ts';
import { summaryText } from './summary.ts';

const lines = (runs: Parameters<typeof aFile>[0], width?: number) =>
  summaryText(aFile(runs), { color: false, ...(width === undefined ? {} : { width }) }).split('\n');

describe('summaryText', () => {
  it('has a line a run and the tally last', () => {
    expect(
      lines([aRun(), aRun({ drill: 'other', verdict: 'fail' }), aSkippedRun('zone-link-loss', 'no netem')]),
    ).toEqual([
      '  DRILL                  MODE     GAP / GOAL  FAILED  LOST  DUP  UNEXP  STALE  DUAL    P99 MS',
      '✔ database-primary-loss  sync  2.41 s / 30 s       0     0    0      0      0     0  15→2,448',
      '✘ other                  sync  2.41 s / 30 s       0     0    0      0      0     0  15→2,448',
      '– zone-link-loss         sync              –       –     –    –      –      –     –         –',
      '    no netem',
      '1 passed, 1 failed, 1 skipped',
    ]);
  });

  it('begins with what async replication lost', () => {
    const async = (lost: number) => aRun({ spec: { replicationMode: 'async' }, consistency: { lost } });
    expect(lines([aRun(), async(3)])[0]).toBe('RPO: 3 acknowledged writes lost (async) – database-primary-loss');
    expect(lines([async(1)])[0]).toMatch(/^RPO: 1 acknowledged write lost \(async\)/);
    expect(lines([async(1), async(4)])[0]).toMatch(/^RPO: 4 .* worst of 2 runs$/);
    expect(lines([async(0), aRun({ consistency: { lost: 3 } })]).join()).not.toContain('RPO');
  });

  it('tells below a run what was wrong', () => {
    const run = aRun({
      verdict: 'fail',
      reason: 'a step failed',
      steps: [{ name: 'Check data consistency', expected: 'nothing lost', observed: '2 lost', ok: false, atMs: 1 }],
      consistency: { lost: 2, negativeBalances: 1, findings: ['entry 7 is gone'] },
    });
    expect(lines([run]).slice(2, -1)).toEqual([
      '    a step failed',
      '    ✘ Check data consistency: expected nothing lost; observed 2 lost',
      '    Negative balances: 1 (ledger lines below zero)',
      '    - entry 7 is gone',
    ]);
  });

  it('gives the median and the worst of repeats', () => {
    const runs = [2000, 5000, 3000].map((writeGapMs) => aRun({ recovery: { writeGapMs } }));
    expect(lines(runs).at(-2)).toBe(
      'database-primary-loss, sync, 3 runs, median / worst: gap 3.00 s / 5.00 s, p99 3,038 / 5,038 ms',
    );
  });

  it.each([undefined, 200, 100, 80])('fits the terminal, width %s', (width) => {
    const long = 'word '.repeat(40);
    const run = aRun({
      drill: `drill-${'x'.repeat(60)}`,
      verdict: 'fail',
      reason: long,
      steps: [{ name: long, expected: long, observed: 'y'.repeat(300), ok: false, atMs: 1 }],
      spec: { replicationMode: 'async' },
      workload: { failed: 123_456 },
      recovery: { writeGapMs: null, firstWriteMs: null },
      consistency: { lost: 12_345, findings: [long] },
    });
    const widest = Math.max(...lines([run, run], width).map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(Math.min(width ?? 100, 100));
  });

  it('colours on demand only, and lets no data do so', () => {
    const file = aFile([aRun({ verdict: 'fail', reason: '\u001b[31mred\u001b[0m\r\nline' })]);
    const plain = summaryText(file, { color: false });
    expect(plain).not.toContain('\u001b');
    expect(plain).toContain('    red line');
    const coloured = summaryText(file, { color: true });
    expect(coloured).toContain('\u001b[31m✘');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });
});
