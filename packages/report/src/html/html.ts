import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tally, VERDICTS, when } from '../format.ts';
import { loadText, unfinished } from '../load-text.ts';
import type { ReportFile, Verdict } from '../types.ts';
import { chartData } from './charts.ts';
import { framed } from './frame.ts';
import { html } from './markup.ts';
import { circumstances } from './page/circumstances.ts';
import { overview } from './page/overview.ts';
import { runSection } from './page/run-section.ts';

/** The whole report as one page that needs no other file. */
export function renderHtml(file: ReportFile): string {
  const charts = file.runs.map((run, index) => chartData(run, index + 1)).filter((data) => data !== undefined);
  const title = `Drill report: ${tally(file.runs)}`;
  const missing = unfinished(file);
  const { sign } = VERDICTS[overall(file)];
  return framed({
    title,
    body: html`<header class="top">
<p class="product">SBM CRM HA</p>
<h1>Drill report</h1>
<p class="total ${overall(file)}"><span class="sign" aria-hidden="true">${sign}</span> ${tally(file.runs)}</p>
${
  missing &&
  html`<p class="notice">${missing}; <code>--resume</code> goes on</p>
`
}<p class="muted"><code>${file.command}</code> · ${when(file.startedAt)}</p>
<p class="muted">${loadText(file.load)}</p>
</header>
<main>
${overview(file.runs)}
<noscript><p class="note">The charts need JavaScript; all figures are on this page without it.</p></noscript>
${file.runs.map((run, index) => runSection(run, index + 1))}
${circumstances(file)}
</main>
`,
    data: charts,
    scripts: [beside('charts.js')],
  });
}

/** The worst of all runs: as long as one shows nothing, the whole is not shown. */
function overall({ runs }: ReportFile): Verdict {
  const worst = (['fail', 'void', 'pass'] as const).find((verdict) => runs.some((run) => run.verdict === verdict));
  return worst ?? 'skipped';
}

const beside = (name: string) => readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
