import { VERDICTS } from '../../format.ts';
import type { Verdict } from '../../types.ts';
import { Html, html, type Part } from '../markup.ts';

export function badge(verdict: Verdict): Html {
  const { sign, word } = VERDICTS[verdict];
  return html`<span class="badge ${verdict}"><span aria-hidden="true">${sign}</span> ${word}</span>`;
}

export interface Cell {
  text: Part;
  /** Classes: a tone, `number`. */
  look?: string;
}

export interface Column {
  name: string;
  number?: boolean;
}

/** A table that may be wider than the page scrolls by itself. It takes the focus, or the keyboard could not scroll it. */
export function scrolling(table: Html): Html {
  return html`<div class="scroll" tabindex="0">${table}</div>`;
}

/** A table whose first column heads its rows. */
export function dataTable(
  caption: Part,
  columns: readonly Column[],
  rows: readonly (readonly (Cell | Part)[])[],
): Html {
  const cells = (row: readonly (Cell | Part)[]) =>
    row.map((each, index) => {
      const { text, look = '' } = isCell(each) ? each : { text: each };
      const classes = `${columns[index]?.number ? 'number ' : ''}${look}`.trim();
      return index === 0
        ? html`<th scope="row" class="${classes}">${text}</th>`
        : html`<td class="${classes}">${text}</td>`;
    });
  return html`<table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ name, number }) => html`<th scope="col"${number && html` class="number"`}>${name}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${cells(row)}</tr>\n`)}</tbody></table>`;
}

function isCell(value: Cell | Part): value is Cell {
  return typeof value === 'object' && !(value instanceof Html) && !Array.isArray(value);
}
