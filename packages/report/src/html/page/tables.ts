import { consistencyFigures, type Figure, refusedTone, zeroTone } from '../../figures.ts';
import { count, millis, share } from '../../format.ts';
import { recoveryFigures } from '../../recovery.ts';
import type { RunReport } from '../../types.ts';
import { type Html, html } from '../markup.ts';
import { dataTable } from './parts.ts';

export function consistencyTable(run: RunReport): Html {
  return figureTable('Consistency', consistencyFigures(run));
}

export function recoveryTable(run: RunReport): Html {
  return figureTable('Recovery', recoveryFigures(run));
}

const PHASES = [
  { phase: 'before', name: 'before the fault' },
  { phase: 'inFlight', name: 'in flight at the fault' },
  { phase: 'during', name: 'during' },
  { phase: 'after', name: 'after healing' },
] as const;

export function latencyTable({ workload: { latencyMs } }: RunReport): Html {
  const columns = ['p50', 'p95', 'p99', 'max'] as const;
  return dataTable(
    'Latency, ms',
    [{ name: 'Requests' }, ...columns.map((name) => ({ name, number: true }))],
    PHASES.map(({ phase, name }) => [name, ...columns.map((column) => millis(latencyMs[phase][column]))]),
  );
}

/** What was sent and how it was answered, as a whole, by kind, and what the load says of itself. */
export function loadTables(run: RunReport): Html {
  const { workload } = run;
  const { sent } = workload;
  const failed = (value: number) => ({ text: count(value), look: zeroTone(run, value) });
  return html`${dataTable(
    'Load',
    [{ name: 'Requests' }, { name: 'Number', number: true }, { name: 'Share', number: true }],
    [
      ['Sent', count(sent), ''],
      ['Answered as expected', count(workload.ok), share(workload.ok, sent)],
      ['Failed', failed(workload.failed), share(workload.failed, sent)],
      [
        'Refused early',
        { text: count(workload.refused), look: refusedTone(workload.refused) },
        share(workload.refused, sent),
      ],
      ['Sent again', count(workload.retried), share(workload.retried, sent)],
      ['Sent late by the load itself', count(workload.late), share(workload.late, sent)],
    ],
  )}${endsTable(run)}${dataTable(
    'By kind',
    [{ name: 'Kind' }, { name: 'Sent', number: true }, { name: 'Failed', number: true }],
    Object.entries(workload.operations).map(([kind, each]) => [kind, count(each.sent), failed(each.failed)]),
  )}${generatorTable(run)}`;
}

/** Also a drill that passes may have some: an overload's are expected. */
function endsTable({ workload: { ends = {} } }: RunReport): Html | false {
  const ways = Object.entries(ends);
  if (ways.length === 0) return false;
  return dataTable(
    'How the refused and failed ended',
    [{ name: 'Outcome, status and code' }, { name: 'Number', number: true }],
    ways.map(([end, number]) => [end, count(number)]),
  );
}

function generatorTable({ workload: { generator } }: RunReport): Html {
  if (!generator)
    return html`<p class="note notice">The load did not end in good order, so it says nothing of itself.</p>`;
  const { eventLoopDelayMs: delay, mostInFlight, maxSockets } = generator;
  return dataTable(
    'The load itself',
    [
      { name: 'Event loop late, p99 / max' },
      { name: 'Most in flight', number: true },
      { name: 'Sockets', number: true },
    ],
    [[`${millis(delay.p99)} / ${millis(delay.max)} ms`, count(mostInFlight), count(maxSockets)]],
  );
}

/** Whether each server was asked for writes often enough to know who took them. */
export function watchedTable({ watched }: RunReport): Html | false {
  if (watched.length === 0) return false;
  return dataTable(
    'Watched servers',
    [{ name: 'Host' }, { name: 'Answers', number: true }, { name: 'No answer', number: true }],
    watched.map(({ host, samples, errors }) => [
      host,
      count(samples),
      { text: count(errors), look: errors > 0 ? 'notice' : '' },
    ]),
  );
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
