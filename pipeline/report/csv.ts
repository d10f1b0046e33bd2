import { csvField } from '../base/csv-field.js';

/** What a cell of a CSV file holds: a text, a number as it was reckoned, or nothing. */
export type Datum = string | number | null;

/** What spreadsheets run as a formula; white space before it, and its wide forms, do not stop all of them. */
const FORMULA = /^['\s]*[=+\-@＝＋－＠]|^'*[\t\r\n]/;

/** An apostrophe before the text keeps it from being run. Texts that look so already get one more, so that taking one away gives every text back. */
export function harmless(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function fieldOf(datum: Datum): string {
  if (datum === null) return '';
  // The shortest digits that give the same double again; NaN, Infinity and -Infinity are spelled out.
  if (typeof datum === 'number') return String(datum);
  return datum === '' ? '""' : csvField(harmless(datum));
}

/**
 * CSV of RFC 4180 in UTF-8 without a byte order mark, a header line first. Lines end in LF, as those of `data export` do: line tools
 * and spreadsheets both read it. Numbers have all their digits and a point, null is an empty field and an empty text is `""`.
 * A text that a spreadsheet would run as a formula has an apostrophe before it.
 *
 * @throws RangeError where a row has another number of cells than there are columns.
 */
export function csvText(columns: readonly string[], rows: readonly (readonly Datum[])[]): string {
  const lines = [columns, ...rows].map((row, index) => {
    if (row.length !== columns.length) {
      throw new RangeError(
        `Internal error: row ${index} has ${row.length} cells under ${columns.length} columns`,
      );
    }
    return `${row.map(fieldOf).join(',')}\n`;
  });
  // Half a character has no bytes in UTF-8.
  return lines.join('').replace(/\p{Surrogate}/gu, '\ufffd');
}
