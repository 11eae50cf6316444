import { consistencyFigures, gapTone, zeroTone } from '../../figures.ts';
import {
  count,
  counted,
  gap,
  gapText,
  millis,
  NONE,
  otherSettings,
  roundSeconds,
  rpo,
  seconds,
  type Tone,
  VERDICTS,
  when,
} from '../../format.ts';
import type { RunReport } from '../../types.ts';
import { type Html, html } from '../markup.ts';
import { badge } from './parts.ts';
import { consistencyTable, latencyTable, loadTables, recoveryTable, watchedTable } from './tables.ts';
import { timeline } from './timeline.ts';

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
${rpo(run) > 0 && html`<p class="note notice"><strong>RPO: ${counted(rpo(run), 'acknowledged write')} lost.</strong> Asynchronous replication acknowledges a write before the standby has it; before the fault the standby was at most ${seconds(run.consistency.lagBoundMs)} behind.</p>`}
${run.reason && html`<p class="note ${run.verdict}"><strong>${capital(VERDICTS[run.verdict].word)}:</strong> ${run.reason}</p>`}
${unchecked(run) && html`<p class="note notice"><strong>Writes are not known.</strong> The ledgers could not be read, so nobody can say what was lost or applied twice.</p>`}
${run.verdict !== 'skipped' && measured(run, id)}
</section>`;
}

function measured(run: RunReport, id: number): Html {
  return html`${headline(run)}
${run.series.ok.length > 0 ? timeline(run, id) : html`<p class="muted">No load was recorded.</p>`}
${run.steps.length > 0 && steps(run)}
${run.consistency.findings.length > 0 && html`<h3>Findings</h3><ul class="findings ${run.verdict}">${run.consistency.findings.map((each) => html`<li>${each}</li>`)}</ul>`}
<div class="figures">${consistencyTable(run)}<div>${latencyTable(run)}${recoveryTable(run)}</div><div>${loadTables(run)}${watchedTable(run)}</div></div>`;
}

function unchecked({ verdict, consistency }: RunReport): boolean {
  return verdict !== 'skipped' && !consistency.checked;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function headline(run: RunReport): Html {
  const { recovery, workload, consistency: found } = run;
  const { firstWriteMs, promotedMs } = recovery;
  const pause = gap(run);
  const [lost] = consistencyFigures(run);
  const tile = (name: string, value: string, note: string, tone: Tone) =>
    html`<div class="tile"><dt>${name}</dt><dd class="${tone}">${value}</dd><dd class="muted">${note}</dd></div>`;
  const refused = workload.refused > 0 ? `, ${count(workload.refused)} refused` : '';
  return html`<dl class="tiles">
${tile('Write gap', pause ? gapText(pause) : NONE, `goal ${roundSeconds(recovery.goalMs)}`, gapTone(run, pause))}
${tile('First write', firstWriteMs === null ? 'none' : seconds(firstWriteMs), promotedMs === undefined ? 'after the fault' : `promoted after ${seconds(promotedMs)}`, firstWriteMs === null ? 'bad' : 'plain')}
${tile('Failed requests', count(workload.failed), `of ${count(workload.sent)}${refused}`, zeroTone(run, workload.failed))}
${tile(rpo(run) > 0 ? 'Lost writes (RPO)' : 'Lost writes', lost?.value ?? NONE, `of ${count(found.acknowledged)}`, lost?.tone ?? 'plain')}
${tile('p99 during', `${millis(workload.latencyMs.during.p99)} ms`, `before ${millis(workload.latencyMs.before.p99)} ms`, 'plain')}
</dl>`;
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
