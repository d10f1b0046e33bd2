import { type Content, type Html, html, trusted } from './html.js';

export interface Column {
  readonly header: Content;
  /** Aligned at the decimal point's side: right. */
  readonly numeric?: boolean;
}

export interface Row {
  readonly cells: readonly Content[];
  /** For emphasis that the text says as well. */
  readonly kind?: 'baseline' | 'best';
}

export interface Table {
  /** Unique in the page. */
  readonly id: string;
  readonly caption: Content;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** How many leading cells name the row; 1 unless told. */
  readonly headers?: number;
}

/** The box in which a table wider than the screen scrolls: reachable by keyboard and named by the caption. */
function scrolling(id: string, content: Html): Html {
  return html`<div class="scroll" role="group" aria-labelledby="${id}-caption" tabindex="0">${content}</div>`;
}

/** A data table with a caption and scoped headers, in a box of its own that scrolls. */
export function table({ id, caption, columns, rows, headers = 1 }: Table): Html {
  const classOf = (column: Column | undefined): Html => trusted(column?.numeric ? ' class="number"' : '');
  const head = columns.map((column) => html`<th scope="col"${classOf(column)}>${column.header}</th>`);
  const body = rows.map((row) => {
    const cells = row.cells.map((cell, index) =>
      index < headers
        ? html`<th scope="row"${classOf(columns[index])}>${cell}</th>`
        : html`<td${classOf(columns[index])}>${cell}</td>`,
    );
    return html`<tr${trusted(row.kind === undefined ? '' : ` class="${row.kind}"`)}>${cells}</tr>`;
  });
  return scrolling(
    id,
    html`<table id="${id}"><caption><span id="${id}-caption">${caption}</span></caption>
<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
  );
}

export interface HeatTable {
  readonly id: string;
  readonly caption: Content;
  /** What rows and columns are: `truth`, `predicted`. */
  readonly rowTitle: string;
  readonly columnTitle: string;
  readonly labels: readonly string[];
  /** Row by row; `share` in 0..1 sets the tint, `text` is what is read. */
  readonly cells: readonly (readonly { readonly text: Content; readonly share: number }[])[];
}

/** A square table tinted by value; the numbers are there to read, the tint only helps the eye. */
export function heatTable({ id, caption, rowTitle, columnTitle, labels, cells }: HeatTable): Html {
  const body = cells.map((row, index) => {
    const tinted = row.map(({ text, share }) => {
      const percent = Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * 100) : 0;
      return html`<td class="number heat" style="--share: ${percent}%">${text}</td>`;
    });
    return html`<tr><th scope="row">${labels[index] ?? ''}</th>${tinted}</tr>`;
  });
  const heads = labels.map((label) => html`<th scope="col" class="number">${label}</th>`);
  return scrolling(
    id,
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
