import { counted, machineText, when } from '../../format.ts';
import { busyText } from '../../load-text.ts';
import type { ReportFile } from '../../types.ts';
import { type Html, html } from '../markup.ts';

/** What one needs to run it again and to judge what it says. */
export function circumstances(file: ReportFile): Html {
  const notTested = [...new Set(file.runs.flatMap((run) => run.notTested))];
  const busy = file.load.capacity && busyText(file.load.capacity);
  const lines = file.specText.trimEnd().split('\n').length;
  return html`<section id="circumstances" class="panel circumstances">
<h2>Circumstances</h2>
<dl class="facts-list">
<dt>Command</dt><dd><code>${file.command}</code></dd>
<dt>Time</dt><dd>${when(file.startedAt)} to ${when(file.finishedAt)}</dd>
<dt>Machine</dt><dd>${machineText(file.machine)}</dd>
${
  busy &&
  html`<dt>In use at capacity</dt><dd>${busy}</dd>
`
}<dt>Versions</dt><dd>${Object.entries(file.versions).map(([name, version], index) => html`${index > 0 && ' · '}<span class="together">${name} ${version}</span>`)}</dd>
<dt>Spec</dt><dd><details><summary>${file.specFile} (${counted(lines, 'line')})</summary><pre tabindex="0">${file.specText}</pre></details></dd>
</dl>
${notTested.length > 0 && html`<h3>Not tested</h3><ul>${notTested.map((each) => html`<li>${each}</li>`)}</ul>`}
</section>`;
}
