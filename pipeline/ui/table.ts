import { displayWidth, oneLine, padEnd, padStart, truncate } from './text.js';

const GAP = 2;
const NARROWEST = 6;
const NUMBER = /^[-+−]?[\d.,]+(\s?(%|[a-zA-Zµ/]{1,4}))?(\s?±\s?[\d.,]+)?$/;

/**
 * Draws rows as a table that is at most `width` columns wide. The first row is the header. Columns of numbers are
 * set to the right. Where even cut columns do not fit, each row becomes a block of `header: cell` lines.
 */
export function tableLines(rows: readonly (readonly string[])[], width: number): string[] {
  const clean = rows.map((row) => row.map(oneLine));
  const header = clean[0];
  if (header === undefined || clean.length < 2) return [];
  const body = clean.slice(1);
  const widths = fittingWidths(
    header.map((_, column) => Math.max(...clean.map((row) => displayWidth(row[column] ?? '')))),
    header.map((title, column) =>
      isNumeric(body, column) ? columnWidth(clean, column) : Math.min(NARROWEST, displayWidth(title)),
    ),
    width,
  );
  if (widths === null) return blocks(header, body, width);
  const numeric = header.map((_, column) => isNumeric(body, column));
  const draw = (row: readonly string[]) =>
    widths
      .map((columns, column) => {
        const cell = truncate(row[column] ?? '', columns);
        return numeric[column] ? padStart(cell, columns) : padEnd(cell, columns);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  return [
    draw(header),
    widths.map((columns) => '─'.repeat(columns)).join(' '.repeat(GAP)),
    ...body.map(draw),
  ];
}

function columnWidth(rows: readonly (readonly string[])[], column: number): number {
  return Math.max(...rows.map((row) => displayWidth(row[column] ?? '')));
}

function isNumeric(body: readonly (readonly string[])[], column: number): boolean {
  const cells = body.map((row) => row[column] ?? '').filter((cell) => cell !== '' && cell !== '-');
  return cells.length > 0 && cells.every((cell) => NUMBER.test(cell));
}

/** Narrows the widest column that may be narrowed, one at a time; null when it cannot be done. A number is never cut. */
function fittingWidths(natural: readonly number[], least: readonly number[], width: number): number[] | null {
  const widths = [...natural];
  let excess = widths.reduce((sum, columns) => sum + columns, 0) + GAP * (widths.length - 1) - width;
  while (excess > 0) {
    let widest = -1;
    for (const [column, columns] of widths.entries()) {
      const shrinkable = columns > (least[column] ?? columns);
      if (shrinkable && (widest < 0 || columns > (widths[widest] ?? 0))) widest = column;
    }
    if (widest < 0) return null;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function blocks(header: readonly string[], body: readonly (readonly string[])[], width: number): string[] {
  return body.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...header.flatMap((title, column) => {
      const cell = row[column] ?? '';
      return cell === '' ? [] : [truncate(title === '' ? cell : `${title}: ${cell}`, width)];
    }),
  ]);
}
