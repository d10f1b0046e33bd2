import type { Datum } from './csv.js';
import type { Content } from './html.js';

export interface Column {
  readonly header: Content;
  /** Aligned at the decimal point's side: right. */
  readonly numeric?: boolean;
  /** Names, with units, of the columns that it has in the CSV; the header unless told, and none for a drawing. */
  readonly data?: readonly string[];
}

/** Shown as one thing, and raw values in the CSV: as many as the column's `data` has names. */
export interface DataCell {
  readonly shown: Content;
  readonly data: readonly Datum[];
}

export type Cell = Content | DataCell;

export interface Row {
  readonly cells: readonly Cell[];
  /** For emphasis that the text says as well. */
  readonly kind?: 'baseline' | 'best';
}

export interface Table {
  /** Unique in the page, and the name of the table's files: lower-case letters, digits, `-` and `_`. */
  readonly id: string;
  /** Two or three words by which links name it: `Results`. */
  readonly title?: string;
  readonly caption: Content;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** How many leading cells name the row; 1 unless told. */
  readonly headers?: number;
}
