import { describe, expect, it } from 'vitest';
import { aFile, aRun, aSkippedRun } from '../fixture.ts';
import { chartData } from './charts.ts';
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

function section(page: string): string {
  return textOf(page, '<section id="run-1"', '</section>');
}

/** A row of the tables of figures, by its name. */
function figure(page: string, name: string): { value: string; look: string; meaning: string } | undefined {
  const rows = page.matchAll(
    /<th scope="row" class="">([^<]*)<small>([^<]*)<\/small><\/th><td class="([^"]*)">([^<]*)<\/td>/g,
  );
  for (const [, title, meaning = '', look = '', value = ''] of rows)
    if (title === name) return { value, look, meaning };
  return undefined;
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
      watched: [{ host: EVIL, samples: 1, errors: 1 }],
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
    ['pass', [aRun(), aSkippedRun('x', 'no netem')], '1 passed, 0 failed, 0 void, 1 skipped'],
    ['fail', [aRun(), aRun({ verdict: 'fail' })], '1 passed, 1 failed, 0 void, 0 skipped'],
    ['void', [aRun(), aRun({ verdict: 'void' })], '1 passed, 0 failed, 1 void, 0 skipped'],
    ['fail', [aRun({ verdict: 'void' }), aRun({ verdict: 'fail' })], '0 passed, 1 failed, 1 void, 0 skipped'],
    ['skipped', [aSkippedRun('x', 'no netem')], '0 passed, 0 failed, 0 void, 1 skipped'],
    ['skipped', [], '0 passed, 0 failed, 0 void, 0 skipped'],
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
    const page = renderHtml(aFile([aRun({ verdict: 'fail', consistency: { lost: 3, lostBeyondLag: 3 } })]));
    expect(page).toContain('<td class="number bad">3</td>');
    expect(page).not.toMatch(/RPO|Lost beyond lag/);
  });

  it('that lost writes beyond the lag is damaged in async mode too', () => {
    const consistency = { lost: 5, lostBeyondLag: 2 };
    const page = renderHtml(aFile([aRun({ spec: { replicationMode: 'async' }, verdict: 'fail', consistency })]));
    expect(page).not.toContain('RPO');
    expect(page).toContain('<td class="number bad">5</td>');
    expect(figure(page, 'Lost beyond lag')).toEqual({
      value: '2',
      look: 'number bad',
      meaning: 'those that no lag excuses; the standby may be 0.34 s behind',
    });
    expect(renderHtml(aFile([aRun()]))).not.toContain('Lost beyond lag');
  });

  it('tells beside the RPO how far the standby was behind', () => {
    const page = renderHtml(aFile([aRun({ spec: { replicationMode: 'async' }, consistency: { lost: 3 } })]));
    expect(section(page)).toContain('before the fault the standby was at most 0.34 s behind.');
    expect(figure(page, 'Lost (RPO)')).toEqual({
      value: '3',
      look: 'number notice',
      meaning: 'acknowledged and gone: not yet on the standby, which may be 0.34 s behind',
    });
  });

  it('names every kind of damage with its meaning', () => {
    const page = renderHtml(
      aFile([aRun({ verdict: 'fail', consistency: { wrongBalances: 1, outOfOrder: 2, wrongRefusals: 3 } })]),
    );
    const look = 'number bad';
    const meaning = 'answers that named another balance than the ledger&#39;s line';
    expect(figure(page, 'Wrong balances')).toEqual({ value: '1', look, meaning });
    expect(figure(page, 'Out of order')).toMatchObject({ value: '2', look });
    expect(figure(page, 'Wrong refusals')).toMatchObject({ value: '3', look });
    expect(figure(renderHtml(aFile([aRun()])), 'Wrong refusals')).toMatchObject({ value: '0', look: 'number good' });
  });

  it('whose ledgers could not be read shows no figure of writes', () => {
    const page = renderHtml(aFile([aRun({ verdict: 'fail', consistency: { checked: false } })]));
    const unknown = { value: '?', look: 'number notice' };
    for (const name of ['Lost', 'Duplicated', 'Unexpected', 'Negative balances', 'Balance mismatches', 'Recovered']) {
      expect(figure(page, name), name).toMatchObject(unknown);
    }
    for (const name of ['Wrong balances', 'Out of order', 'Wrong refusals']) {
      expect(figure(page, name), name).toMatchObject(unknown);
    }
    expect(figure(page, 'Stale session reads')).toMatchObject({ value: '? of 1,740', look: 'number notice' });
    expect(figure(page, 'Dual primaries')).toMatchObject({ value: '0', look: 'number good' });
    expect(figure(page, 'Dual cache masters')).toMatchObject({ value: '0', look: 'number good' });
    expect(section(page)).toContain('Writes are not known.');
    expect(section(page)).toContain('Lost writes ? of 2,398');
    expect(textOf(page, '<section id="summary"', '</section>')).toContain('30 s 0 0 ? ? ? ? 0 2,448 ms');
  });

  it('shows a gap that did not end as one', () => {
    const recovery = { writeGapMs: 31_200, writeGapEnded: false, firstWriteMs: null };
    const page = renderHtml(aFile([aRun({ verdict: 'fail', recovery })]));
    expect(section(page)).toContain('Write gap ≥ 31.2 s, did not end goal 30 s');
    expect(section(page)).toContain('First write none promoted');
    expect(page.match(/class="(number )?bad">≥ 31\.2 s, did not end</g)).toHaveLength(3);
    expect(figure(page, 'First write')).toMatchObject({ value: 'none', look: 'number bad' });
    // Shorter than the goal, and bad all the same.
    const short = renderHtml(aFile([aRun({ verdict: 'fail', recovery: { writeGapMs: 1000, writeGapEnded: false } })]));
    expect(figure(short, 'Write gap')).toMatchObject({ value: '≥ 1.00 s, did not end', look: 'number bad' });
  });

  it('tells how it recovered', () => {
    const page = renderHtml(aFile([aRun()]));
    expect(figure(page, 'Fault in effect')).toMatchObject({ value: '0.06 s', look: 'number plain' });
    expect(figure(page, 'First write')).toMatchObject({ value: '2.43 s', look: 'number plain' });
    expect(figure(page, 'Write gap')).toMatchObject({ value: '2.41 s', look: 'number good', meaning: 'goal 30 s' });
    const meaning = 'once the fault was taken back';
    expect(figure(page, 'Healed by itself')).toEqual({ value: 'in 12.3 s', look: 'number plain', meaning });
    expect(figure(page, 'Requests as fast as before')).toEqual({
      value: 'after 3.12 s',
      look: 'number good',
      meaning: 'goal 14.2 s, p99 ≤ 80 ms',
    });
    const never = renderHtml(aFile([aRun({ verdict: 'fail', recovery: { healMs: null, calmMs: null } })]));
    expect(figure(never, 'Healed by itself')).toMatchObject({ value: 'did not', look: 'number bad' });
    expect(figure(never, 'Requests as fast as before')).toMatchObject({ value: 'not', look: 'number bad' });
    const late = renderHtml(aFile([aRun({ verdict: 'fail', recovery: { calmMs: 14_300 } })]));
    expect(figure(late, 'Requests as fast as before')).toMatchObject({ value: 'after 14.3 s', look: 'number bad' });
  });

  it('has the requests under way at the fault as a class of their own', () => {
    const table = textOf(renderHtml(aFile([aRun()])), '<caption>Latency, ms', '</table>');
    expect(table).toMatch(/before the fault 4\.2 .* in flight at the fault 32 1,830 2,431 2,574 during 5\.1 .* after/);
  });

  it('tells early refusals beside failed requests', () => {
    const page = renderHtml(aFile([aRun({ workload: { failed: 2, refused: 7 } })]));
    expect(textOf(page, '<section id="summary"', '</section>')).toContain('Failed Refused Lost');
    expect(textOf(page, '<section id="summary"', '</section>')).toContain('30 s 2 7 0');
    expect(section(page)).toContain('Failed requests 2 of 6,000, 7 refused');
    expect(page.match(/<td class="number notice">7</g)).toHaveLength(2);
    expect(textOf(page, '<caption>Load<', '</table>')).toContain('Failed 2 0.03 % Refused early 7 0.12 %');
  });

  it('tells what the load says of itself', () => {
    const page = renderHtml(aFile([aRun({ workload: { late: 140 } })]));
    expect(textOf(page, '<caption>Load<', '</table>')).toContain('Sent late by the load itself 140 2.33 %');
    expect(textOf(page, '<caption>The load itself', '</table>')).toContain(
      'Event loop late, p99 / max Most in flight Sockets 11 / 38 ms 187 512',
    );
    const run = aRun();
    const { generator: _none, ...workload } = run.workload;
    expect(section(renderHtml(aFile([{ ...run, workload }])))).toContain('The load did not end in good order');
  });

  it('lists the servers that were watched', () => {
    const watched = [
      { host: 'postgres-a', samples: 1041, errors: 3 },
      { host: 'postgres-b', samples: 598, errors: 0 },
    ];
    const page = renderHtml(aFile([aRun({ watched })]));
    expect(textOf(page, '<caption>Watched servers', '</table>')).toContain('postgres-a 1,041 3 postgres-b 598 0');
    expect(page).toContain('<td class="number notice">3</td>');
    expect(renderHtml(aFile([aRun({ watched: [] })]))).not.toContain('Watched servers');
  });

  it('that is void shows why, and nothing as good', () => {
    const page = renderHtml(aFile([aRun({ verdict: 'void', reason: 'the load was starved' })]));
    expect(section(page)).toContain('◌ void');
    expect(page).toContain('<p class="note void"><strong>Void:</strong> the load was starved</p>');
    expect(page).toContain('<span class="badge void">');
    expect(page.replace(/<td class="good">✔ ok/g, '')).not.toMatch(/class="[^"]*\bgood\b/);
    expect(page).not.toContain('Failed:');
  });

  it('that was skipped shows why, and no figures', () => {
    const page = renderHtml(aFile([aSkippedRun('zone-link-loss', 'no netem')]));
    const section = textOf(page, '<section id="run-1"', '</section>');
    expect(section).toContain('Skipped: no netem');
    expect(section).not.toMatch(/Write gap|Writes are not known/);
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

it('leaves void runs out of the spread, and puts what did not end last', () => {
  const gone = { writeGapMs: 4000, writeGapEnded: false, firstWriteMs: null };
  const away = aRun({ verdict: 'fail', recovery: gone });
  const page = renderHtml(aFile([aRun(), away, aRun(), aRun({ verdict: 'void' })]));
  const spread = textOf(page, 'Spread over repeats', '</table>');
  expect(spread).toContain('3 runs write gap 2.41 s did not end 2.41 · did not end · 2.41');
  expect(spread).toContain('first write 2.43 s none 2.43 · none · 2.43');
});

describe('the head', () => {
  const head = (changes: Parameters<typeof aFile>[1]) =>
    textOf(renderHtml(aFile([aRun()], changes)), '<header', '</header>');

  it('says what the load was', () => {
    expect(head({})).toContain('load: 200 requests/s; capacity measured 2026-03-01: 260 (240–280) requests/s');
    expect(head({ load: { rate: 60, chosen: 'asked' } })).toContain('load: 60 requests/s as asked');
    expect(textOf(renderHtml(aFile([aRun()])), '<section id="circumstances"', '</section>')).toContain(
      'In use at capacity postgres-a 0.61 · sbmcrm-api-01 0.44 of 2 cores',
    );
  });

  it('says when it is not all that was planned', () => {
    const plan = [1, 2].map((seed) => ({ drill: 'x', set: {}, seed }));
    expect(head({ plan })).toMatch(/1 of 2 drills ran; --resume goes on/);
    expect(head({})).not.toContain('drills ran');
  });
});

it('tells once what no run has tested', () => {
  const page = renderHtml(aFile([aRun({ notTested: ['real zones', 'fire'] }), aRun({ notTested: ['real zones'] })]));
  expect(textOf(page, 'Not tested', '</section>').match(/real zones|fire/g)).toEqual(['real zones', 'fire']);
});

it('escapes templates and scripts', () => {
  expect(html`<i>${'<b>'}${html`<b>`}${[1, undefined, false, 0]}</i>`.text).toBe('<i>&lt;b&gt;<b>10</i>');
  expect(inlineScript("a = '</SCRIPT>'").text).toBe("a = '<\\/SCRIPT>'");
});
