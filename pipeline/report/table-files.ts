import { csvText } from './csv.js';
import { dataAddress } from './data-address.js';
import { type Attachment, type Html, html } from './html.js';
import { latexTable } from './latex.js';
import { dataOf } from './table-data.js';
import type { Table } from './table-model.js';

/** Bytes of a file that the page holds itself; longer ones are where their name says. */
const INLINE_BYTES = 6_000;

interface TableFile extends Attachment {
  readonly format: 'CSV' | 'LaTeX';
  readonly type: 'text/csv' | 'application/x-tex';
}

function filesOf(table: Table): readonly TableFile[] {
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(table.id)) {
    throw new RangeError(`Internal error: the table ${table.id} has an id that is no name of a file`);
  }
  const { columns, rows } = dataOf(table);
  return [
    { format: 'CSV', type: 'text/csv', name: `tables/${table.id}.csv`, text: csvText(columns, rows) },
    { format: 'LaTeX', type: 'application/x-tex', name: `tables/${table.id}.tex`, text: latexTable(table) },
  ];
}

/** What `title` or the id call the table. */
const nameOf = ({ id, title }: Table): string => title ?? id.replaceAll(/[-_]/g, ' ');

function linkTo({ format, type, name, text }: TableFile, table: Table): Html {
  const hidden = html`<span class="hidden"> of ${nameOf(table)}</span>`;
  if (Buffer.byteLength(text) > INLINE_BYTES) {
    return html`<span><a href="${name}">${format}${hidden}</a> (${name} beside this page)</span>`;
  }
  const file = name.slice(name.lastIndexOf('/') + 1);
  return html`<a download="${file}" href="${dataAddress(type, text)}">${format}${hidden}</a>`;
}

/** The two files of a table with links to them. They come along with what is returned, for whoever writes the page to write them, too. */
export function tableFiles(table: Table): {
  readonly links: Html;
  readonly attachments: readonly Attachment[];
} {
  const files = filesOf(table);
  return {
    links: html`<p class="files">${files.map((file) => linkTo(file, table))}</p>`,
    attachments: files.map(({ name, text }) => ({ name, text })),
  };
}
