import { describe, expect, it } from 'vitest';
import { chartText, nowText } from '../handlers/metrics.ts';
import { figure, sparkline } from './chart.ts';

describe('a line of blocks', () => {
  it('goes from the lowest to the highest value, and has a gap where nothing is known', () => {
    expect(sparkline([0, 50, undefined, Number.NaN, 100, Number.POSITIVE_INFINITY], 0, 100)).toBe('▁▅  █ ');
  });
  it('is flat where all are the same', () => {
    expect(sparkline([5, 5], 5, 5)).toBe('▁▁');
  });
});

it.each([
  [0.0123, 'seconds', '12.3 ms'],
  [90, 'seconds', '90 s'],
  [Number.POSITIVE_INFINITY, 'seconds', '∞'],
  [1536, 'bytes', '1.5 KiB'],
  [0, 'bytes/s', '0 B/s'],
  [3 * 1024 ** 3, 'bytes/s', '3 GiB/s'],
  [12.345, '%', '12.3 %'],
  [Number.NaN, '%', '–'],
  [undefined, '%', '–'],
  [1234.5, 'requests/s', '1235'],
])('%s of %s is shown as %s', (value, unit, text) => {
  expect(figure(value, unit)).toBe(text);
});

describe('metrics', () => {
  const cpu = { name: 'cpu', group: 'infrastructure', about: 'In use.', unit: '%', by: ['host'], query: 'q' } as const;
  const rate = { name: 'rate', group: 'application', about: 'Asked.', unit: 'requests/s', by: [], query: 'r' } as const;
  const series = (host: string, ...values: number[]) => ({
    labels: { host },
    points: values.map((value, at): [number, number] => [at * 10, value]),
  });

  it('are shown one a line, and those of hosts as a table', () => {
    const text = nowText([
      { metric: rate, query: 'r', series: [{ labels: {}, points: [[0, 20]] }] },
      { metric: cpu, query: 'q', series: [series('b', 2), series('a', 1), series('a', 3)] },
    ]);
    expect(text.split('\n')).toEqual(['METRIC  NOW', 'rate    20   Asked.', '', 'HOST  cpu', 'a     4 %', 'b     2 %']);
  });

  it('are drawn over time, a line for each series', () => {
    const text = chartText(
      { metric: cpu, query: 'q', series: [series('a', 0, 50, 100), series('b', 25)] },
      { from: 0, step: 10, width: 3, span: '30s' },
    );
    expect(text.split('\n')).toEqual([
      'cpu: In use. (%)',
      '',
      'OF  LAST 30s  NOW    FROM LOWEST TO HIGHEST',
      'a   ▁▅█       100 %  0 % to 100 %',
      'b   ▃         25 %   25 % to 25 %',
    ]);
  });

  it('say so where there are none', () => {
    expect(chartText({ query: 'up{x="1"}', series: [] }, { from: 0, step: 1, width: 3, span: '3s' })).toBe(
      'up{x="1"}\n\nno figures of the last 3s',
    );
  });
});
