import type { Datum } from './csv.js';
import { ABSENT, NOT_A_NUMBER } from './format.js';
import type { Content } from './html.js';
import { fullText, plainText } from './plain-text.js';
import type { Cell, Column, DataCell, Table } from './table-model.js';

/** Shown as it is, and in the CSV as raw values: one for each name in the column's `data`. */
export function cell(shown: Content, ...data: readonly Datum[]): DataCell {
  return { shown, data };
}

const isData = (one: Cell): one is DataCell => typeof one === 'object' && one !== null && 'shown' in one;

export const shownOf = (one: Cell): Content => (isData(one) ? one.shown : one);

const dataNames = ({ header, data }: Column): readonly string[] => data ?? [plainText(header)];

/** A number of ours as it was formatted, rounding and all; null where the text says more than a number. */
function numberIn(text: string): number | null {
  if (text === NOT_A_NUMBER) return Number.NaN;
  return /^[+−]?\d{1,3}(,?\d{3})*(\.\d+)?$/.test(text)
    ? Number(text.replaceAll(',', '').replace('−', '-'))
    : null;
}

/** Of a cell that names no raw values: its text, or the number that it is. */
function plainDatum(shown: Content, column: Column): Datum {
  if (typeof shown === 'number') return shown;
  const text = fullText(shown);
  if (text === '' || text === ABSENT) return null;
  return (column.numeric === true ? numberIn(text) : null) ?? text;
}

function dataIn(one: Cell, column: Column): readonly Datum[] {
  const names = dataNames(column);
  if (!isData(one)) {
    return names.map((_, index) => (index === 0 ? plainDatum(one, column) : null));
  }
  if (one.data.length !== names.length) {
    throw new RangeError(
      `Internal error: ${one.data.length} values under ${names.join(', ') || 'no column'}`,
    );
  }
  return one.data;
}

/** The table as raw values, one column for each: what its CSV holds. */
export function dataOf({ columns, rows }: Pick<Table, 'columns' | 'rows'>): {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Datum[])[];
} {
  return {
    columns: columns.flatMap(dataNames),
    rows: rows.map(({ cells }) => columns.flatMap((column, index) => dataIn(cells[index], column))),
  };
}
