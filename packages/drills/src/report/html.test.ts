import { describe, expect, it } from 'vitest';
import { chartData } from './charts.ts';
import { aFile, aRun, aSkippedRun } from './fixture.ts';
import { renderHtml } from './html.ts';
import { html, inlineScript } from './markup.ts';

const EVIL = `</script><script>alert("1")</script>'&`;

/** What a reader sees of a part of the page. */
function textOf(page: string, from: string | RegExp, to: string): string {
  const start = page.search(from);
  return page
    .slice(start, page.indexOf(to, start))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

function dataOf(page: string): unknown {
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '');
}

describe('the page', () => {
  it('needs nothing else', () => {
    const page = renderHtml(aFile([aRun()]));
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<(script|link|img|iframe)[^>]*(src|href)="(?!data:)/);
    expect(page.replace(/<script>.*?<\/script>/gs, '')).not.toMatch(/url\(|@import/);
    expect(page.includes('content="default-src &#39;none&#39;;')).toBe(true);
    expect(page.includes('<noscript>')).toBe(true);
  });

  it('escapes whatever comes from data', () => {
    const run = aRun({
      drill: EVIL,
      title: EVIL,
      reason: EVIL,
      verdict: 'fail',
      spec: { set: { [EVIL]: EVIL } },
      steps: [{ name: EVIL, expected: EVIL, observed: EVIL, ok: false, atMs: 1 }],
      marks: [{ atMs: 1, kind: 'fault', label: EVIL }],
      notTested: [EVIL],
      workload: { operations: { [EVIL]: { sent: 1, failed: 0 } } },
      consistency: { findings: [EVIL] },
    });
    const page = renderHtml(
      aFile([run, { ...run, seed: 2 }], {
        command: EVIL,
        startedAt: EVIL,
        machine: { cores: 2, cpu: EVIL, memoryGb: 1, kernel: EVIL },
        versions: { [EVIL]: EVIL },
        specFile: EVIL,
        specText: EVIL,
      }),
    );
    expect(page).not.toContain('alert("1")');
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page.match(/<\/script/g)).toHaveLength(3);
    expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
  });

  it('holds the charts as data that parse back', () => {
    const runs = [aRun(), aSkippedRun('zone-link-loss', 'no netem'), aRun({ seed: 2 })];
    expect(dataOf(renderHtml(aFile(runs)))).toEqual([chartData(runs[0] as never, 1), chartData(runs[2] as never, 3)]);
  });

  it('stays small with 14 runs', () => {
    const runs = Array.from({ length: 14 }, (_, seed) => aRun({ seed, recovery: { writeGapMs: 1000 + 137 * seed } }));
    expect(renderHtml(aFile(runs)).length).toBeLessThan(600_000);
  });
});

describe('the verdict of the whole', () => {
  it.each([
    ['pass', [aRun(), aSkippedRun('x', 'no netem')], '1 passed, 0 failed, 1 skipped'],
    ['fail', [aRun(), aRun({ verdict: 'fail' })], '1 passed, 1 failed, 0 skipped'],
    ['skipped', [aSkippedRun('x', 'no netem')], '0 passed, 0 failed, 1 skipped'],
    ['skipped', [], '0 passed, 0 failed, 0 skipped'],
  ])('%s', (verdict, runs, words) => {
    const page = renderHtml(aFile(runs));
    expect(page).toContain(`<p class="total ${verdict}">`);
    expect(textOf(page, '<p class="total', '</p>')).toContain(words);
    expect(page).toContain(`<title>Drill report: ${words}</title>`);
  });
});

describe('a run', () => {
  it('that lost writes in async mode names the RPO first, as no failure', () => {
    const page = renderHtml(aFile([aRun({ spec: { replicationMode: 'async' }, consistency: { lost: 3 } })]));
    const section = textOf(page, '<section id="run-1"', '</section>');
    expect(section).toContain('RPO: 3 acknowledged writes lost.');
    expect(section.indexOf('RPO')).toBeLessThan(section.indexOf('Write gap'));
    expect(page).toContain('<td class="number notice">3 (RPO)</td>');
  });

  it('that lost writes in sync mode is marked as damaged', () => {
    const page = renderHtml(aFile([aRun({ verdict: 'fail', consistency: { lost: 3 } })]));
    expect(page).toContain('<td class="number bad">3</td>');
    expect(page).not.toContain('RPO');
  });

  it('without a write after the fault says so', () => {
    const never = aRun({ verdict: 'fail', recovery: { writeGapMs: null, firstWriteMs: null } });
    expect(textOf(renderHtml(aFile([never])), '<section id="run-1"', '</section>')).toContain(
      'Write gap never goal 30 s',
    );
  });

  it('that was skipped shows why, and no figures', () => {
    const page = renderHtml(aFile([aSkippedRun('zone-link-loss', 'no netem')]));
    const section = textOf(page, '<section id="run-1"', '</section>');
    expect(section).toContain('Skipped: no netem');
    expect(section).not.toContain('Write gap');
  });

  it('lists its events by number, with the time since the fault', () => {
    const marks = [
      { atMs: 21_900, kind: 'role' as const, label: 'postgres-b: primary' },
      { atMs: 20_000, kind: 'fault' as const, label: 'stop postgres-a' },
    ];
    expect(textOf(renderHtml(aFile([aRun({ marks })])), '<div class="events"', '</div></div>')).toContain(
      '1 20.0 s fault stop postgres-a 2 21.9 s +1.90 s postgres-b: primary',
    );
  });

  it('names what it changed of the spec', () => {
    const set = { 'database.replicationMode': 'sync', 'application.hold.queue': '10' };
    expect(textOf(renderHtml(aFile([aRun({ spec: { set } })])), '<p class="muted facts"', '</p>')).toMatch(
      /· application\.hold\.queue=10$/,
    );
  });
});

it('shows the spread of repeats of the same drill and mode', () => {
  const runs = [2000, 5000, 3000].map((writeGapMs) => aRun({ recovery: { writeGapMs } }));
  const page = renderHtml(aFile([...runs, aRun({ spec: { replicationMode: 'async' } })]));
  const spread = textOf(page, 'Spread over repeats', '</table>');
  expect(spread).toContain('database-primary-loss, sync 3 runs write gap 3.00 s 5.00 s 2.00 · 5.00 · 3.00');
  expect(spread).not.toContain('async');
  expect(renderHtml(aFile(runs.slice(0, 1)))).not.toContain('Spread over repeats');
});

it('tells once what no run has tested', () => {
  const page = renderHtml(aFile([aRun({ notTested: ['real zones', 'fire'] }), aRun({ notTested: ['real zones'] })]));
  expect(textOf(page, 'Not tested', '</section>').match(/real zones|fire/g)).toEqual(['real zones', 'fire']);
});

it('escapes templates and scripts', () => {
  expect(html`<i>${'<b>'}${html`<b>`}${[1, undefined, false, 0]}</i>`.text).toBe('<i>&lt;b&gt;<b>10</i>');
  expect(inlineScript("a = '</SCRIPT>'").text).toBe("a = '<\\/SCRIPT>'");
});
