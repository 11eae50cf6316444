import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { tally, VERDICTS, when } from '../format.ts';
import { loadText, unfinished } from '../load-text.ts';
import type { ReportFile, Verdict } from '../types.ts';
import { chartData } from './charts.ts';
import { Html, html, inlineJson, inlineScript } from './markup.ts';
import { circumstances } from './page/circumstances.ts';
import { overview } from './page/overview.ts';
import { runSection } from './page/run-section.ts';

/** Allows nothing from outside the page, so that a report can be mailed and opened anywhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** The whole report as one page that needs no other file. */
export function renderHtml(file: ReportFile): string {
  const charts = file.runs.map((run, index) => chartData(run, index + 1)).filter((data) => data !== undefined);
  const title = `Drill report: ${tally(file.runs)}`;
  const missing = unfinished(file);
  const { sign } = VERDICTS[overall(file)];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(library('uPlot.min.css'))}
${new Html(beside('page.css'))}</style>
</head>
<body>
<header class="top">
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
<script type="application/json" id="data">${inlineJson(charts)}</script>
<script>${inlineScript(library('uPlot.iife.min.js'))}</script>
<script>${inlineScript(beside('charts.js'))}</script>
</body>
</html>
`.text;
}

/** The worst of all runs: as long as one shows nothing, the whole is not shown. */
function overall({ runs }: ReportFile): Verdict {
  const worst = (['fail', 'void', 'pass'] as const).find((verdict) => runs.some((run) => run.verdict === verdict));
  return worst ?? 'skipped';
}

function library(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8');
}

function beside(name: string): string {
  return readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
}
