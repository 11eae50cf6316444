import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Html, html, inlineJson, inlineScript } from './markup.ts';

/** Allows nothing from outside the page, so that it can be mailed and opened anywhere. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** What one page is made of. */
export interface Framed {
  title: string;
  body: Html;
  /** What its scripts find in the element `data`. */
  data: unknown;
  scripts: readonly string[];
  /** Beside those of every page. */
  styles?: readonly string[];
  /** It may ask who served it for more. */
  isServed?: boolean;
}

/** A page that needs no other file, with the library that draws charts. */
export function framed({ title, body, data, scripts, styles = [], isServed = false }: Framed): string {
  const own = readFileSync(join(import.meta.dirname, 'page', 'page.css'), 'utf8');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}${isServed && "; connect-src 'self'"}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(library('uPlot.min.css'))}
${new Html([own, ...styles].join('\n'))}</style>
</head>
<body>
${body}<script type="application/json" id="data">${inlineJson(data)}</script>
<script>${inlineScript(library('uPlot.iife.min.js'))}</script>
${scripts.map((script) => html`<script>${inlineScript(script)}</script>\n`)}</body>
</html>
`.text;
}

const library = (name: string) => readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8');
