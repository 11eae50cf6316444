import { gapTone, ofWrites, refusedTone, zeroTone } from '../../figures.ts';
import { count, counted, dualObservations, gap, gapText, millis, NONE, roundSeconds, rpo } from '../../format.ts';
import { type Group, groupName, groupRuns, groupSpread, SPREAD_FIGURES } from '../../groups.ts';
import type { RunReport } from '../../types.ts';
import { type Html, html } from '../markup.ts';
import { badge, type Cell, dataTable, scrolling } from './parts.ts';

/** Every run in one row, and what repeats say together. */
export function overview(runs: readonly RunReport[]): Html {
  const repeats = groupRuns(runs).filter(({ measured }) => measured.length > 1);
  return html`<section id="summary" class="panel summary">
<h2>Summary</h2>
${scrolling(dataTable('Every run', SUMMARY_COLUMNS, runs.map(summaryRow)))}
${repeats.length > 0 && scrolling(spreadTable(repeats))}
</section>`;
}

const SUMMARY_COLUMNS = [
  { name: 'Drill' },
  { name: 'Mode' },
  { name: 'Verdict' },
  { name: 'Write gap', number: true },
  { name: 'Goal', number: true },
  { name: 'Failed', number: true },
  { name: 'Refused', number: true },
  { name: 'Lost', number: true },
  { name: 'Dupl.', number: true },
  { name: 'Unexp.', number: true },
  { name: 'Stale', number: true },
  { name: 'Dual', number: true },
  { name: 'p99 during', number: true },
];

function summaryRow(run: RunReport, index: number): (Cell | Html | string)[] {
  const first = [html`<a href="#run-${index + 1}">${run.drill}</a>`, run.spec.replicationMode, badge(run.verdict)];
  const pause = gap(run);
  if (!pause) return [...first, ...SUMMARY_COLUMNS.slice(3).map(() => ({ text: NONE, look: 'muted' }))];
  const { consistency, recovery, workload } = run;
  const zero = (value: number): Cell => ({ text: count(value), look: zeroTone(run, value) });
  const written = (value: number, looked = consistency.acknowledged): Cell => {
    const figure = ofWrites(run, value, looked);
    return { text: figure.value, look: figure.tone };
  };
  return [
    ...first,
    { text: gapText(pause), look: gapTone(run, pause) },
    { text: roundSeconds(recovery.goalMs), look: 'muted' },
    zero(workload.failed),
    { text: count(workload.refused), look: refusedTone(workload.refused) },
    rpo(run) > 0 ? { text: `${count(rpo(run))} (RPO)`, look: 'notice' } : written(consistency.lost),
    written(consistency.duplicated),
    written(consistency.unexpected),
    written(consistency.staleSessionReads, consistency.sessionReads),
    zero(dualObservations(run)),
    `${millis(workload.latencyMs.during.p99)} ms`,
  ];
}

function spreadTable(groups: readonly Group[]): Html {
  return html`<table>
<caption>Spread over repeats</caption>
<thead><tr><th scope="col">Drill</th><th scope="col">Figure</th><th scope="col" class="number">Median</th><th scope="col" class="number">Worst</th><th scope="col">All values, in order</th></tr></thead>
${groups.map((group) => html`<tbody>\n${spreadRows(group)}</tbody>\n`)}</table>`;
}

function spreadRows(group: Group): Html[] {
  const rows = SPREAD_FIGURES.map(({ of, ...figure }) => ({ ...figure, found: groupSpread(group, of) }));
  const name = html`<th scope="rowgroup" rowspan="${rows.length}">${groupName(group)}<small>${counted(group.measured.length, 'run')}</small></th>`;
  return rows.map(({ name: figure, format, found }, index) => {
    const bare = (value: number) => format(value).replace(/ m?s$/, '');
    return html`<tr>${index === 0 && name}<td>${figure}</td><td class="number">${found ? format(found.median) : NONE}</td>
<td class="number">${found ? format(found.max) : NONE}</td><td>${found?.runs.map(bare).join(' · ') ?? NONE}</td></tr>
`;
  });
}
