import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvText, type Datum, harmless } from '../../../pipeline/report/csv.js';

/** A reader that knows RFC 4180 alone, with LF, and refuses everything else. */
function strictRows(text: string): { readonly value: string; readonly isQuoted: boolean }[][] {
  const rows: { value: string; isQuoted: boolean }[][] = [];
  let position = 0;
  while (position < text.length) {
    const row: { value: string; isQuoted: boolean }[] = [];
    for (;;) {
      const rest = text.slice(position);
      const field = /^"((?:[^"]|"")*)"/.exec(rest) ?? /^([^",\r\n]*)/.exec(rest);
      if (field === null) throw new Error(`no field at ${position}`);
      const isQuoted = field[0].startsWith('"');
      row.push({ value: (field[1] ?? '').replaceAll('""', '"'), isQuoted });
      position += field[0].length;
      const sign = text[position];
      position += 1;
      if (sign === ',') continue;
      if (sign !== '\n') throw new Error(`${JSON.stringify(sign)} after a field at ${position}`);
      break;
    }
    rows.push(row);
  }
  return rows;
}

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(',', '"', '\n', '\r', "'", '=', '+', '-', '@', '\t', ' ', 'a') }),
);
const columnsAndRows = fc.integer({ min: 1, max: 5 }).chain((width) => {
  const list = <T>(cell: fc.Arbitrary<T>) => fc.array(cell, { minLength: width, maxLength: width });
  const datum: fc.Arbitrary<Datum> = fc.oneof(texts, fc.double(), fc.integer(), fc.constant(null));
  return fc.tuple(list(texts), fc.array(list(datum)));
});

/** What a reader gives that takes the one apostrophe away again. */
const unharmed = (text: string): string =>
  text.startsWith("'") && harmless(text) !== text ? text.slice(1) : text;

describe('csvText', () => {
  it('is read back by a strict parser, whatever is in it', () => {
    fc.assert(
      fc.property(columnsAndRows, ([columns, rows]) => {
        const [header = [], ...body] = strictRows(csvText(columns, rows));
        expect(header.map(({ value }) => unharmed(value))).toEqual(columns);
        expect(body).toHaveLength(rows.length);
        for (const [index, row] of rows.entries()) {
          const read = (body[index] ?? []).map(({ value, isQuoted }, at) => {
            const datum = row[at];
            if (value === '' && !isQuoted) return null;
            return typeof datum === 'number' ? Number(value) : unharmed(value);
          });
          expect(read).toEqual(row.map((datum) => (Object.is(datum, -0) ? 0 : datum)));
        }
      }),
    );
  });

  it('keeps all digits, spells out what is no number and leaves empty what is not known', () => {
    expect(
      csvText(
        ['a', 'b'],
        [
          [1 / 3, Number.NaN],
          [-1e-9, null],
          [-Infinity, ''],
        ],
      ),
    ).toBe('a,b\n0.3333333333333333,NaN\n-1e-9,\n-Infinity,""\n');
  });

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    "'=1",
    '＝1',
    '−1',
    'a=1',
    '–',
    "'quoted'",
  ])('lets no spreadsheet run the text %j', (text) => {
    const isRun = !['−1', 'a=1', '–', "'quoted'"].includes(text);
    expect(harmless(text)).toBe(isRun ? `'${text}` : text);
    expect(unharmed(harmless(text))).toBe(text);
  });

  it('leaves negative numbers numbers', () => {
    expect(csvText(['x'], [[-1], ['-1']])).toBe("x\n-1\n'-1\n");
  });

  it('refuses a row that does not fit its columns', () => {
    expect(() => csvText(['a', 'b'], [[1]])).toThrow('row 1 has 1 cells under 2 columns');
  });
});
