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
      '| `database-primary-loss` | a host | sync | 3 of 3 | 3.00 s / 5.00 s (30 s) | 0 | 0 | 0 | 0 | 0 | 15 → 3,038 / 5,038 ms |',
    );
    expect(second).toContain('| async | 1 of 1 | 2.41 s (30 s) | 0 | 3 |');
    expect(skipped).toContain('| skipped: no netem | – |');
  });

  it('ends with command, date and machine', () => {
    expect(rows([aRun()]).at(-2)).toBe(
      '`npx sbmcrm drill run database-primary-loss`, 2026-03-02, on 2 cores (AMD EPYC 7B13), 23.5 GB, Linux 6.1.0-28-amd64.',
    );
  });

  it('has as many cells in every row, whatever a title holds', () => {
    const table = rows([aRun({ title: 'a | b\n<script>' })]).slice(0, 3);
    expect(table[2]).toContain('| a \\| b &lt;script> |');
    expect(table.map((row) => row.split(/(?<!\\)\|/).length)).toEqual([13, 13, 13]);
  });
});
