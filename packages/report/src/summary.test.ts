import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { aFile, aRun, aSkippedRun, type RunChanges } from './fixture.ts';
import { summaryText } from './summary.ts';
import type { ReportFile, RunReport } from './types.ts';

const text = (changes: Partial<ReportFile>, runs: RunReport[] = [aRun()]) =>
  summaryText(aFile(runs, changes), { color: false }).split('\n');
const lines = (runs: RunReport[], width?: number) =>
  summaryText(aFile(runs), { color: false, ...(width === undefined ? {} : { width }) }).split('\n');
/** What stands below the only run's line. */
const below = (changes: RunChanges) => lines([aRun(changes)]).slice(2, -2);
const LOAD = 'load: 200 requests/s; capacity measured 2026-03-01: 260 (240–280) requests/s';

describe('summaryText', () => {
  it('has a line a run, then the tally, and the load last', () => {
    expect(
      lines([
        aRun(),
        aRun({ drill: 'other', verdict: 'fail', workload: { refused: 7 } }),
        aRun({ drill: 'third', verdict: 'void', reason: 'the load sent 140 of 6000 requests late' }),
        aSkippedRun('zone-link-loss', 'no netem'),
      ]),
    ).toEqual([
      '  DRILL                  MODE     GAP / GOAL  FAILED REFUSED LOST DUP UNEXP STALE DUAL   P99 MS',
      '✔ database-primary-loss  sync  2.41 s / 30 s       0       0    0   0     0     0    0 15→2,448',
      '✘ other                  sync  2.41 s / 30 s       0       7    0   0     0     0    0 15→2,448',
      '◌ third                  sync  2.41 s / 30 s       0       0    0   0     0     0    0 15→2,448',
      '    the load sent 140 of 6000 requests late',
      '– zone-link-loss         sync              –       –       –    –   –     –     –    –        –',
      '    no netem',
      '1 passed, 1 failed, 1 void, 1 skipped',
      LOAD,
    ]);
  });

  it('says how the rate was chosen', () => {
    const { capacity } = aFile([]).load;
    if (!capacity) throw new Error('the fixture has a capacity');
    const last = (load: ReportFile['load']) => text({ load }).at(-1);
    expect(last({ rate: 60, chosen: 'asked' })).toBe('load: 60 requests/s as asked');
    const lowered = { from: 150, because: 'at 90/s 2 refused' };
    expect(last({ rate: 67, chosen: 'capacity', capacity: { ...capacity, rate: 112, lowered } })).toBe(
      'load: 67 requests/s; capacity measured 2026-03-01: 150 requests/s, taken for 112 (at 90/s 2 refused)',
    );
    expect(last({ rate: 200, chosen: 'capacity', capacity: { ...capacity, rate: 340, atLeast: true } })).toBe(
      'load: 200 requests/s; capacity measured 2026-03-01: at least 340 requests/s',
    );
  });

  it('says when it is not all that was planned', () => {
    const plan = (length: number) => Array.from({ length }, () => ({ drill: 'x', set: {}, seed: 1 }));
    expect(text({ plan: plan(2) }).slice(-3)).toEqual([
      '1 passed, 0 failed, 0 void, 0 skipped',
      '1 of 2 drills ran; `--resume` goes on',
      LOAD,
    ]);
    expect(text({ plan: plan(1) }).join()).not.toContain('--resume');
    expect(summaryText(aFile([aRun()], { plan: plan(2) }), { color: true })).toContain('\u001b[33m1 of 2 drills');
  });

  it('begins with what async replication lost', () => {
    const async = (lost: number, lagBoundMs = 340) =>
      aRun({ spec: { replicationMode: 'async' }, consistency: { lost, lagBoundMs } });
    expect(lines([aRun(), async(3)])[0]).toBe(
      'RPO: 3 acknowledged writes lost (async, the standby at most 0.34 s behind) – database-primary-loss',
    );
    expect(lines([async(1)])[0]).toMatch(/^RPO: 1 acknowledged write lost \(async/);
    expect(
      lines([async(1), async(4, 500)])
        .slice(0, 2)
        .join(' '),
    ).toMatch(/^RPO: 4 .* 0\.50 s .* worst of 2 runs$/);
    const skipped = { ...async(0), verdict: 'skipped' as const };
    expect(
      lines([async(1), skipped])
        .slice(0, 2)
        .join(' '),
    ).not.toContain('worst of');
    expect(lines([async(0), aRun({ consistency: { lost: 3 } })]).join()).not.toContain('RPO');
  });

  it('does not excuse what async replication lost beyond its lag', () => {
    const run = { spec: { replicationMode: 'async' as const }, verdict: 'fail' as const };
    const consistency = { lost: 5, lostBeyondLag: 2 };
    expect(below({ ...run, consistency })).toEqual([
      '    Lost beyond lag: 2 (those that no lag excuses; the standby may be 0.34 s behind)',
    ]);
    const coloured = summaryText(aFile([aRun({ ...run, consistency })]), { color: true });
    expect(coloured).not.toContain('RPO');
    expect(coloured).toContain('\u001b[31m   5\u001b[39m');
  });

  it('tells below a run what was wrong', () => {
    const run = aRun({
      verdict: 'fail',
      reason: 'a step failed',
      steps: [{ name: 'Check data consistency', expected: 'nothing lost', observed: '2 lost', ok: false, atMs: 1 }],
      consistency: { lost: 2, negativeBalances: 1, findings: ['entry 7 is gone'] },
    });
    expect(lines([run]).slice(2, -2)).toEqual([
      '    a step failed',
      '    ✘ Check data consistency: expected nothing lost; observed 2 lost',
      '    Negative balances: 1 (ledger lines below zero)',
      '    - entry 7 is gone',
    ]);
  });

  it('tells damage that has no column', () => {
    expect(below({ verdict: 'fail', consistency: { wrongBalances: 1, outOfOrder: 2, wrongRefusals: 3 } })).toEqual([
      "    Wrong balances: 1 (answers that named another balance than the ledger's line)",
      '    Out of order: 2 (ledger lines before one that was acknowledged before they were asked for)',
      '    Wrong refusals: 3 (refused for want of points, though there were enough all the time)',
    ]);
  });

  it('tells recovery only where it was bad', () => {
    const never = { writeGapMs: 31_200, writeGapEnded: false, firstWriteMs: null, healMs: null, calmMs: null };
    const run: RunChanges = { verdict: 'fail', recovery: never };
    expect(lines([aRun(run)])[1]).toContain('≥ 31.2 s / 30 s ');
    expect(below(run)).toEqual([
      '    First write: none (acknowledged once the fault was in effect)',
      '    Write gap: ≥ 31.2 s, did not end (goal 30 s)',
      '    Healed by itself: did not (once the fault was taken back)',
      '    Requests as fast as before: not (goal 14.2 s, p99 ≤ 80 ms)',
    ]);
    expect(below({ verdict: 'fail', recovery: { calmMs: 14_300 } })).toEqual([
      '    Requests as fast as before: after 14.3 s (goal 14.2 s, p99 ≤ 80 ms)',
    ]);
    expect(below({ verdict: 'fail', recovery: { writeGapMs: 31_200 } })).toEqual([]);
    expect(below({ recovery: { calmMs: null, calmLimitMs: null } })).toEqual([]);
    // Short of the goal, and bad all the same: it did not end.
    const short = aFile([aRun({ verdict: 'fail', recovery: { writeGapMs: 1000, writeGapEnded: false } })]);
    expect(summaryText(short, { color: true })).toContain('\u001b[31m≥ 1.00 s / 30 s');
  });

  it('shows no figure of writes when the ledgers could not be read', () => {
    const run: RunChanges = { verdict: 'void', consistency: { checked: false, lost: 0, duplicated: 3 } };
    expect(lines([aRun(run)])[1]).toMatch(/ 0 {7}0 {4}\? {3}\? {5}\? {5}\? {4}0 15→2,448$/);
    expect(below(run)).toEqual(['    The ledgers could not be read: nothing is known of writes (?).']);
    expect(lines([aSkippedRun('x', 'no netem')]).join()).not.toContain('ledgers');
  });

  it('names servers that did not answer, unless the run passed', () => {
    const watched = [
      { host: 'postgres-a', samples: 41, errors: 3 },
      { host: 'postgres-b', samples: 598, errors: 0 },
    ];
    expect(below({ verdict: 'void', watched })).toEqual([
      '    No answer when asked for writes: postgres-a 3 of 44 times',
    ]);
    expect(below({ watched })).toEqual([]);
    expect(below({ verdict: 'fail', watched: watched.slice(1) })).toEqual([]);
  });

  it('gives the median and the worst of repeats', () => {
    const runs = [2000, 5000, 3000].map((writeGapMs) => aRun({ recovery: { writeGapMs } }));
    expect(lines(runs).at(-3)).toBe(
      'database-primary-loss, sync, 3 runs, median / worst: gap 3.00 s / 5.00 s, p99 3,038 / 5,038 ms',
    );
    const away = aRun({ verdict: 'fail', recovery: { writeGapMs: 4000, writeGapEnded: false } });
    expect(lines([...runs, away]).at(-3)).toContain('4 runs, median / worst: gap 4.00 s / did not end,');
    const others = [
      aRun({ verdict: 'void', recovery: { writeGapMs: 9000 } }),
      aSkippedRun('database-primary-loss', 'x'),
    ];
    expect(lines([...runs, ...others]).at(-3)).toContain('sync, 3 runs, median / worst: gap 3.00 s / 5.00 s,');
  });

  it.each([undefined, 200, 100, 80])('fits the terminal, width %s', (width) => {
    const long = 'word '.repeat(40);
    const run = aRun({
      drill: `drill-${'x'.repeat(60)}`,
      verdict: 'fail',
      reason: long,
      steps: [{ name: long, expected: long, observed: 'y'.repeat(300), ok: false, atMs: 1 }],
      spec: { replicationMode: 'async' },
      workload: { failed: 123_456, refused: 123_456 },
      recovery: { writeGapMs: 123_400, writeGapEnded: false, firstWriteMs: null },
      consistency: { lost: 12_345, wrongRefusals: 12_345, findings: [long] },
      watched: Array.from({ length: 9 }, (_, index) => ({ host: `postgres-${index}`, samples: 500, errors: 12 })),
    });
    const blind = aRun({ spec: { replicationMode: 'async' }, verdict: 'void', consistency: { checked: false } });
    const file = aFile([run, run, blind, aRun({ spec: { replicationMode: 'async' }, consistency: { lost: 12_345 } })]);
    const plan = [...file.plan, ...file.plan];
    const shown = summaryText({ ...file, plan }, { color: false, ...(width === undefined ? {} : { width }) });
    const widest = Math.max(...shown.split('\n').map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(Math.min(width ?? 100, 100));
  });

  it('leaves the names of the longest drills whole', () => {
    const away = { writeGapMs: 31_200, writeGapEnded: false };
    expect(lines([aRun({ drill: 'database-standby-loss', recovery: away })])[1]).toMatch(
      /^✔ database-standby-loss {2}/,
    );
  });

  it('colours on demand only, and lets no data do so', () => {
    const file = aFile([aRun({ verdict: 'fail', reason: '\u001b[31mred\u001b[0m\r\nline' })]);
    const plain = summaryText(file, { color: false });
    expect(plain).not.toContain('\u001b');
    expect(plain).toContain('    red line');
    const coloured = summaryText(file, { color: true });
    expect(coloured).toContain('\u001b[31m✘');
    expect(summaryText(aFile([aRun({ verdict: 'void' })]), { color: true })).toContain('\u001b[33m◌');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });
});
