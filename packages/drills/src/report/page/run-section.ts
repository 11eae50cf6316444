import { afterFault, consistencyFigures, type Figure, gapTone, type Tone, zeroTone } from '../figures.ts';
import {
  count,
  counted,
  gap,
  inOrder,
  millis,
  NONE,
  otherSettings,
  roundSeconds,
  rpo,
  seconds,
  when,
} from '../format.ts';
import { type Html, html } from '../markup.ts';
import type { RunReport } from '../types.ts';
import { badge, dataTable, scrolling } from './parts.ts';

/** One run: what happened over time, step by step, and in figures. @param id its place in the file, from 1 */
export function runSection(run: RunReport, id: number): Html {
  const set = otherSettings(run);
  const facts = [
    `seed ${run.seed}`,
    run.verdict !== 'skipped' && `${count(run.workload.rate)} requests/s`,
    when(run.startedAt),
    set,
  ];
  return html`<section id="run-${id}" class="panel run">
<div class="heading"><h2><a class="anchor" href="#run-${id}">${run.drill}</a> <span class="mode">${run.spec.replicationMode}</span></h2>${badge(run.verdict)}</div>
<p class="lead">${run.title}</p>
<p class="muted facts">${facts.filter(Boolean).join(' · ')}</p>
${rpo(run) > 0 && html`<p class="note notice"><strong>RPO: ${counted(rpo(run), 'acknowledged write')} lost.</strong> Asynchronous replication acknowledges a write before the standby has it.</p>`}
${run.reason && html`<p class="note ${run.verdict}"><strong>${run.verdict === 'skipped' ? 'Skipped' : 'Failed'}:</strong> ${run.reason}</p>`}
${run.verdict !== 'skipped' && measured(run, id)}
</section>`;
}

function measured(run: RunReport, id: number): Html {
  return html`${headline(run)}
${run.series.ok.length > 0 ? timeline(run, id) : html`<p class="muted">No load was recorded.</p>`}
${run.steps.length > 0 && steps(run)}
${run.consistency.findings.length > 0 && html`<h3>Findings</h3><ul class="findings ${run.verdict}">${run.consistency.findings.map((each) => html`<li>${each}</li>`)}</ul>`}
<div class="figures">${consistency(run)}<div>${latency(run)}${recovery(run)}</div>${load(run)}</div>`;
}

function headline(run: RunReport): Html {
  const {
    recovery: { goalMs, firstWriteMs, promotedMs },
    workload,
    consistency: found,
  } = run;
  const gapMs = gap(run);
  const tile = (name: string, value: string, note: string, tone: Tone) =>
    html`<div class="tile"><dt>${name}</dt><dd class="${tone}">${value}</dd><dd class="muted">${note}</dd></div>`;
  return html`<dl class="tiles">
${tile('Write gap', seconds(gapMs ?? 0), `goal ${roundSeconds(goalMs)}`, gapTone(gapMs, goalMs))}
${tile('First write', afterFault(firstWriteMs, seconds), promotedMs === undefined ? 'after the fault' : `promoted after ${seconds(promotedMs)}`, firstWriteMs === null ? 'bad' : 'plain')}
${tile('Failed requests', count(workload.failed), `of ${count(workload.sent)}`, zeroTone(workload.failed))}
${tile(rpo(run) > 0 ? 'Lost writes (RPO)' : 'Lost writes', count(found.lost), `of ${count(found.acknowledged)}`, consistencyFigures(run)[0]?.tone ?? 'plain')}
${tile('p99 during', `${millis(workload.latencyMs.during.p99)} ms`, `before ${millis(workload.latencyMs.before.p99)} ms`, 'plain')}
</dl>`;
}

const CHARTS = [
  { kind: 'throughput', title: 'Throughput', unit: 'per second' },
  { kind: 'failed', title: 'Failed requests', unit: 'per second' },
  { kind: 'latency', title: 'Latency', unit: 'ms' },
];

function timeline(run: RunReport, id: number): Html {
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

function steps(run: RunReport): Html {
  return html`<table class="steps"><caption>Steps</caption>
<thead><tr><th scope="col" class="number">Time</th><th scope="col">Step</th><th scope="col">Expected</th><th scope="col">Observed</th><th scope="col">Result</th></tr></thead>
<tbody>
${run.steps.map(
  ({
    atMs,
    name,
    expected,
    observed,
    ok,
  }) => html`<tr><td class="number muted">${seconds(atMs)}</td><th scope="row">${name}</th>
<td data-name="expected">${expected}</td><td data-name="observed">${observed}</td><td class="${ok ? 'good' : 'bad'}">${ok ? '✔ ok' : '✘ failed'}</td></tr>
`,
)}</tbody></table>`;
}

function consistency(run: RunReport): Html {
  return figureTable('Consistency', consistencyFigures(run));
}

function recovery({
  recovery: { detectedMs, fencedMs, promotedMs, firstWriteMs, writeGapMs, goalMs },
}: RunReport): Html {
  const row = (name: string, ms: number | null | undefined) => [name, afterFault(ms, seconds)];
  return dataTable(
    'Recovery',
    [{ name: 'After the fault' }, { name: 'Time', number: true }],
    [
      ...(detectedMs === undefined ? [] : [row('Detected', detectedMs)]),
      ...(fencedMs === undefined ? [] : [row('Fenced', fencedMs)]),
      row('Promoted', promotedMs),
      row('First write', firstWriteMs),
      [
        `Write gap (goal ${roundSeconds(goalMs)})`,
        { text: afterFault(writeGapMs, seconds), look: gapTone(writeGapMs ?? Infinity, goalMs) },
      ],
    ],
  );
}

function latency({ workload: { latencyMs } }: RunReport): Html {
  const phases = ['before', 'during', 'after'] as const;
  const columns = ['p50', 'p95', 'p99', 'max'] as const;
  return dataTable(
    'Latency, ms',
    [{ name: 'Phase' }, ...columns.map((name) => ({ name, number: true }))],
    phases.map((phase) => [phase, ...columns.map((column) => millis(latencyMs[phase][column]))]),
  );
}

function load({ workload }: RunReport): Html {
  const share = (part: number) =>
    workload.sent > 0 ? `${((part / workload.sent) * 100).toFixed(part === workload.sent ? 0 : 2)} %` : NONE;
  const failed = (value: number) => ({ text: count(value), look: zeroTone(value) });
  return html`<div>${dataTable(
    'Load',
    [{ name: 'Requests' }, { name: 'Number', number: true }, { name: 'Share', number: true }],
    [
      ['Sent', count(workload.sent), ''],
      ['Answered as expected', count(workload.ok), share(workload.ok)],
      ['Failed', failed(workload.failed), share(workload.failed)],
      ['Sent again', count(workload.retried), share(workload.retried)],
      ['Sent late by the load itself', count(workload.late), share(workload.late)],
    ],
  )}${dataTable(
    'By kind',
    [{ name: 'Kind' }, { name: 'Sent', number: true }, { name: 'Failed', number: true }],
    Object.entries(workload.operations).map(([kind, each]) => [kind, count(each.sent), failed(each.failed)]),
  )}</div>`;
}

function figureTable(caption: string, figures: readonly Figure[]): Html {
  return dataTable(
    caption,
    [{ name: 'Figure' }, { name: 'Number', number: true }],
    figures.map(({ name, value, tone, meaning }) => [
      html`${name}<small>${meaning}</small>`,
      { text: value, look: tone },
    ]),
  );
}
