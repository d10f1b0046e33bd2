/** A table as it was read: texts, none of them understood yet. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Decimals with a comma, as some programs write them beside semicolons. */
  readonly decimalComma: boolean;
  /** Rows with another number of columns than the header: they were left out. */
  readonly damaged: number;
}

const DELIMITERS = [',', ';', '\t'] as const;

/** Reads a table of numbers. The header is the first line in which a delimiter stands; a `#` before it belongs to it. */
export function readCsvTable(text: string): CsvTable | null {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const start = lines.findIndex((line) => DELIMITERS.some((sign) => line.includes(sign)));
  const header = lines[start];
  if (header === undefined) return null;
  const delimiter = DELIMITERS.reduce((best, sign) =>
    count(header, sign) > count(header, best) ? sign : best,
  );
  const cells = (line: string): string[] =>
    line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const columns = cells(header).map((name, index) => (index === 0 ? name.replace(/^#\s*/, '') : name));
  const all = lines
    .slice(start + 1)
    .filter((line) => !line.startsWith('#'))
    .map(cells);
  const rows = all.filter((row) => row.length === columns.length);
  const decimalComma = delimiter !== ',' && rows.some((row) => row.some((cell) => /^-?\d+,\d+$/.test(cell)));
  return { columns, rows, decimalComma, damaged: all.length - rows.length };
}

function count(line: string, sign: string): number {
  return line.split(sign).length;
}

/** A number as the table writes it; NaN for anything else, an empty cell too. */
export function cellNumber(cell: string | undefined, decimalComma: boolean): number {
  const text = decimalComma ? (cell ?? '').replace(',', '.') : (cell ?? '');
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

/** Seconds since 1970 of `2024-06-18 14:11:38.5`; without a zone it is taken as UTC, so that differences are right. */
export function cellMoment(cell: string | undefined): number {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)?$/.exec(cell ?? '');
  if (match === null) return Number.NaN;
  const [, day, time, zone = 'Z'] = match;
  return Date.parse(`${day}T${time}${zone}`) / 1000;
}
