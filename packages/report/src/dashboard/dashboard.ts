import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { framed } from '../html/frame.ts';
import { type Html, html } from '../html/markup.ts';

/** One figure over time. */
export interface DashboardChart {
  name: string;
  /** The same for people. */
  title: string;
  about: string;
  unit: string;
  /** One value for each of the dashboard's times; null where there is none. */
  series: { name: string; values: (number | null)[] }[];
  /** Series that are left out: there are more than can be told apart. */
  more?: number;
}

/** What a platform did, in figures. */
export interface Dashboard {
  platform: string;
  /** ISO 8601. */
  at: string;
  /** Seconds since the epoch. */
  times: number[];
  /** How far back, in words. */
  span: string;
  state: 'healthy' | 'degraded' | 'down';
  /** Why it is not healthy. */
  reasons: string[];
  alerts: { name: string; severity: string; text: string; since: string }[];
  /** In words, such as `availability`, `99.99 %`. */
  slo: { name: string; value: string; note: string }[];
  groups: { name: string; charts: DashboardChart[] }[];
}

export interface DashboardOptions {
  /** It is served, and asks for new figures so often, in milliseconds. */
  everyMs?: number;
}

/** The dashboard as one page that needs nothing else. Pure, but for the files it is made of. */
export function renderDashboard(data: Dashboard, { everyMs }: DashboardOptions = {}): string {
  const title = `${data.platform}: dashboard`;
  return framed({
    title,
    body: html`<header class="top">
<p class="product">SBM CRM HA</p>
<h1>${data.platform}</h1>
<p class="total" id="state"></p>
<p class="muted">The last ${data.span}, as of <span id="at"></span>${everyMs !== undefined && html`<span id="live">, looked at every ${everyMs / 1000} s</span>`}</p>
</header>
<main>
<noscript><p class="note">The charts need JavaScript; <code>sbmcrm metrics</code> shows the same in a terminal.</p></noscript>
<section class="panel" id="alerts" aria-label="alerts"></section>
<section class="panel" id="slo" aria-label="objective"></section>
${data.groups.map(group)}
</main>
`,
    data: { ...data, everyMs },
    scripts: [beside('dashboard.js')],
    styles: [beside('dashboard.css')],
    isServed: everyMs !== undefined,
  });
}

function group({ name, charts }: Dashboard['groups'][number]): Html {
  const figure = (chart: DashboardChart) => html`<figure class="chart" data-name="${chart.name}">
<figcaption><h3>${chart.title} <span class="muted unit">${chart.unit}</span></h3><p class="muted about">${chart.about}</p></figcaption>
<div class="plot" role="img" aria-label="${chart.title} over time, ${chart.unit}"></div>
<div class="legend"></div>
</figure>`;
  return html`<section class="panel" aria-label="${name}"><h2>${name}</h2><div class="grid">${charts.map(figure)}</div></section>
`;
}

const beside = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');
