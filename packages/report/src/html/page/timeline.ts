import { inOrder, seconds } from '../../format.ts';
import type { RunReport } from '../../types.ts';
import { type Html, html } from '../markup.ts';
import { scrolling } from './parts.ts';

const CHARTS = [
  { kind: 'throughput', title: 'Throughput', unit: 'per second' },
  { kind: 'failed', title: 'Failed requests', unit: 'per second' },
  { kind: 'latency', title: 'Latency', unit: 'ms' },
];

/** Charts of the load over time beside the list of what happened. @param id the run's place in the file, from 1 */
export function timeline(run: RunReport, id: number): Html {
  const charts = CHARTS.map(
    ({ kind, title, unit }) => html`<figure class="chart" data-kind="${kind}">
<figcaption><h3>${title} <span class="muted unit">${unit}</span></h3><div class="legend"></div></figcaption>
<div class="plot" role="img" aria-label="${title} over time, ${unit}; the events are listed beside it"></div>
</figure>`,
  );
  return html`<div class="timeline"><div class="charts" id="charts-${id}">${charts}</div>${events(run)}</div>`;
}

const KINDS = { fault: 'fault', heal: 'heal', role: '' };

function events({ marks }: RunReport): Html {
  const ordered = inOrder(marks);
  const fault = ordered.find(({ kind }) => kind === 'fault')?.atMs;
  const sinceFault = (atMs: number) => (fault === undefined || atMs <= fault ? '' : `+${seconds(atMs - fault)}`);
  return html`<div class="events">${scrolling(html`<table>
<caption>Events</caption>
<thead><tr><th scope="col">No.</th><th scope="col" class="number">Time</th><th scope="col" class="number">After fault</th><th scope="col">Event</th></tr></thead>
<tbody>
${ordered.map(
  (
    { kind, atMs, label },
    index,
  ) => html`<tr data-at="${Math.round(atMs) / 1000}"><th scope="row"><span class="pin ${kind}">${index + 1}</span></th>
<td class="number">${seconds(atMs)}</td><td class="number muted">${sinceFault(atMs)}</td>
<td>${KINDS[kind] && html`<span class="kind ${kind}">${KINDS[kind]}</span> `}${label}</td></tr>
`,
)}</tbody></table>`)}</div>`;
}
