import type { Datum } from './csv.js';
import { type Content, Html, html, trusted } from './html.js';
import { cell, shownOf } from './table-data.js';
import { tableFiles } from './table-files.js';
import type { Column, Table } from './table-model.js';

export { cell } from './table-data.js';
export type { Cell, Column, Row, Table } from './table-model.js';

/** A box in which a table wider than the screen scrolls, reachable by keyboard and named by the caption; under it its files. */
function scrolling(shown: Table, content: Html): Html {
  const { links, attachments } = tableFiles(shown);
  const box = html`<div class="scroll" role="group" aria-labelledby="${shown.id}-caption" tabindex="0">${content}</div>`;
  return new Html(html`<div class="tabled">${box}${links}</div>`.text, attachments);
}

/** A data table with a caption and scoped headers, in a box of its own that scrolls; it brings its CSV and LaTeX along. */
export function table(shown: Table): Html {
  const { id, caption, columns, rows, headers = 1 } = shown;
  const classOf = (column: Column | undefined): Html => trusted(column?.numeric ? ' class="number"' : '');
  const head = columns.map((column) => html`<th scope="col"${classOf(column)}>${column.header}</th>`);
  const body = rows.map((row) => {
    const cells = row.cells.map((one, index) =>
      index < headers
        ? html`<th scope="row"${classOf(columns[index])}>${shownOf(one)}</th>`
        : html`<td${classOf(columns[index])}>${shownOf(one)}</td>`,
    );
    return html`<tr${trusted(row.kind === undefined ? '' : ` class="${row.kind}"`)}>${cells}</tr>`;
  });
  return scrolling(
    shown,
    html`<table id="${id}"><caption><span id="${id}-caption">${caption}</span></caption>
<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
  );
}

export interface HeatTable extends Pick<Table, 'id' | 'title' | 'caption'> {
  /** What rows and columns are: `truth`, `predicted`. */
  readonly rowTitle: string;
  readonly columnTitle: string;
  readonly labels: readonly string[];
  /** Row by row; `share` in 0..1 sets the tint, `text` is what is read, `value` stands in the CSV. */
  readonly cells: readonly (readonly {
    readonly text: Content;
    readonly share: number;
    readonly value?: Datum;
  }[])[];
}

/** A square table tinted by value; the numbers are there to read, the tint only helps the eye. */
export function heatTable(shown: HeatTable): Html {
  const { id, caption, rowTitle, columnTitle, labels, cells } = shown;
  const body = cells.map((row, index) => {
    const tinted = row.map(({ text, share }) => {
      const percent = Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * 100) : 0;
      return html`<td class="number heat" style="--share: ${percent}%">${text}</td>`;
    });
    return html`<tr><th scope="row">${labels[index] ?? ''}</th>${tinted}</tr>`;
  });
  const heads = labels.map((label) => html`<th scope="col" class="number">${label}</th>`);
  const plain: Table = {
    ...shown,
    columns: [
      { header: `${rowTitle} ↓ ${columnTitle} →`, data: [rowTitle] },
      ...labels.map((label) => ({ header: label, numeric: true, data: [`${columnTitle} ${label}`] })),
    ],
    rows: cells.map((row, index) => ({
      cells: [
        labels[index],
        ...row.map(({ text, value }) => (value === undefined ? text : cell(text, value))),
      ],
    })),
  };
  return scrolling(
    plain,
    html`<table id="${id}" class="matrix"><caption><span id="${id}-caption">${caption}</span></caption>
<thead><tr><th scope="col">${rowTitle} ↓ ${columnTitle} →</th>${heads}</tr></thead><tbody>${body}</tbody></table>`,
  );
}

/** Pairs of name and value. */
export function facts(pairs: readonly (readonly [name: string, value: Content])[]): Html {
  return html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Content that is folded away until asked for; it is printed open. */
export function folded(summary: Content, content: Content): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}
