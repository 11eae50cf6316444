import { describe, expect, it } from 'vitest';
import { aFile, aRun, aSkippedRun } from './fixture.ts';
import { markdownTable } from './markdown.ts';

const rows = (runs: Parameters<typeof aFile>[0]) => markdownTable(aFile(runs)).split('\n');

describe('markdownTable', () => {
  it('has a row a drill and mode, repeats as median and worst', () => {
    const repeats = [2000, 5000, 3000].map((writeGapMs) => aRun({ title: 'a host', recovery: { writeGapMs } }));
    const async = aRun({ title: 'a host', spec: { replicationMode: 'async' }, consistency: { lost: 3 } });
    const [, , sync, second, skipped] = rows([...repeats, async, aSkippedRun('zone-link-loss', 'no netem')]);
    expect(sync).toBe(
      '| `database-primary-loss` | a host | sync | 3 of 3 | 3.00 s / 5.00 s (30 s) | 0 | 0 | 0 | 0 | 0 | 0 | 15 → 3,038 / 5,038 ms |',
    );
    expect(second).toContain('| async | 1 of 1 | 2.41 s (30 s) | 0 | 0 | 3 (RPO, lag ≤ 0.34 s) |');
    expect(skipped).toContain('| skipped: no netem | – |');
  });

  it('shows failed beside refused requests', () => {
    const [head, , row] = rows([aRun({ workload: { failed: 2, refused: 7 } })]);
    expect(head).toContain('| Failed requests | Refused requests | Lost writes |');
    expect(row).toContain('| 2.41 s (30 s) | 2 | 7 | 0 |');
  });

  it('does not take a gap that did not end for one that did', () => {
    const away = aRun({ verdict: 'fail', recovery: { writeGapMs: 31_200, writeGapEnded: false } });
    expect(rows([away])[2]).toContain('| 0 of 1 | ≥ 31.2 s, did not end (30 s) |');
    expect(rows([aRun(), aRun(), away])[2]).toContain('| 2 of 3 | 2.41 s / did not end (30 s) |');
  });

  it('leaves void runs out of the figures, and tells them', () => {
    const unusable = aRun({ verdict: 'void', reason: 'a starved load', recovery: { writeGapMs: 9000 } });
    expect(rows([aRun(), unusable])[2]).toContain('| 1 of 1, 1 void | 2.41 s (30 s) |');
    expect(rows([unusable])[2]).toContain(`| void: a starved load |${' – |'.repeat(8)}`);
  });

  it('shows no figure of writes when the ledgers could not be read', () => {
    const blind = aRun({ verdict: 'fail', consistency: { checked: false } });
    expect(rows([blind])[2]).toContain('| 0 | 0 | ? | ? | ? | 0 |');
    expect(rows([aRun(), aRun(), blind])[2]).toContain('| 0 | 0 | 0 / ? | 0 / ? | 0 / ? | 0 |');
  });

  it('does not excuse what async replication lost beyond its lag', () => {
    const consistency = { lost: 5, lostBeyondLag: 2 };
    const [, , row] = rows([aRun({ spec: { replicationMode: 'async' }, verdict: 'fail', consistency })]);
    expect(row).toContain('| 5 (2 beyond lag) |');
  });

  it('ends with command, date and machine', () => {
    expect(rows([aRun()]).at(-2)).toBe(
      '`npx sbmcrm drill run database-primary-loss`, 2026-03-02, on 2 cores (AMD EPYC 7B13), 23.5 GB, Linux 6.1.0-28-amd64.',
    );
  });

  it('has as many cells in every row, whatever a title holds', () => {
    const table = rows([aRun({ title: 'a | b\n<script>' })]).slice(0, 3);
    expect(table[2]).toContain('| a \\| b &lt;script> |');
    expect(table.map((row) => row.split(/(?<!\\)\|/).length)).toEqual([14, 14, 14]);
  });
});
