import type { Diagnostic, SourceRange } from '../contract/diagnostic.js';
import { type Cell, cellsOf, visible } from './text-width.js';

export interface PrintOptions {
  readonly color: boolean;
  /** Columns of the terminal; longer lines are cut around the mistake. Default 110. */
  readonly width?: number;
}

const RED = '\u001B[31m';
const CYAN = '\u001B[36m';
const BOLD = '\u001B[1m';
const DIM = '\u001B[2m';
const RESET = '\u001B[0m';

/**
 * A diagnostic as text: `file:line:column error[code]: message`, the line with carets under the mistake, and
 * what to do next. No line break at the end.
 */
export function printDiagnostic(diagnostic: Diagnostic, options: PrintOptions): string {
  const paint = (style: string, text: string): string => (options.color ? `${style}${text}${RESET}` : text);
  const { range } = diagnostic;
  const place = range === undefined ? '' : `${paint(BOLD, placeOf(range))} `;
  const lines = [`${place}${paint(RED, `error[${diagnostic.code}]`)}: ${visible(diagnostic.message)}`];
  const gutter = range === undefined ? '' : isArgument(range) ? '' : String(range.line);
  const margin = ' '.repeat(gutter.length);
  if (range !== undefined) {
    const room = Math.max((options.width ?? 110) - gutter.length - 5, 20);
    const drawn = drawLine(range, room);
    lines.push(`  ${paint(DIM, `${gutter} |`)} ${drawn.text}`.trimEnd());
    lines.push(`  ${paint(DIM, `${margin} |`)} ${drawn.indent}${paint(RED, drawn.carets)}`);
  }
  if (diagnostic.hint !== undefined) {
    lines.push(`  ${paint(DIM, `${margin} =`)} ${paint(CYAN, visible(diagnostic.hint))}`);
  }
  return lines.join('\n');
}

/** An argument of the command line has a name, but no line or column that would help to find it. */
function placeOf(range: SourceRange): string {
  return isArgument(range) ? range.file : `${range.file}:${range.line}:${range.column}`;
}

function isArgument(range: SourceRange): boolean {
  return range.file.startsWith('--');
}

interface DrawnLine {
  readonly text: string;
  readonly indent: string;
  readonly carets: string;
}

/** Code units that one column may take: a family of emojis has eleven for two columns. */
const UNITS_PER_COLUMN = 16;

function drawLine(range: SourceRange, room: number): DrawnLine {
  // The segmenter copies its text for every character of it, so a line of a megabyte must never reach it whole.
  const reach = room * UNITS_PER_COLUMN;
  const cut = Math.max(range.column - 1 - reach, 0);
  const cells = cellsOf(range.text.slice(cut, range.column - 1 + reach));
  const start = range.column - 1 - cut;
  const end = start + range.length;
  const marked = cells.findIndex((cell) => cell.end > start);
  const first = marked === -1 ? cells.length : marked;
  const past = cells.findIndex((cell) => cell.start >= end);
  const last = Math.max(past === -1 ? cells.length : past, first);
  const [from, to] = windowOf(cells, first, room);
  const shown = cells.slice(from, to);
  const before = cut + from > 0 ? '…' : '';
  const after = to < cells.length || cut + (cells.at(-1)?.end ?? 0) < range.text.length ? '…' : '';
  const indent = before.length + widthOf(cells.slice(from, first));
  return {
    text: before + shown.map((cell) => cell.text).join('') + after,
    indent: ' '.repeat(indent),
    carets: '^'.repeat(Math.max(widthOf(cells.slice(first, Math.min(last, to))), 1)),
  };
}

/** The cells to show: all when there is room, else as much as fits with the mistake a third of the way in. */
function windowOf(cells: readonly Cell[], first: number, room: number): readonly [number, number] {
  if (widthOf(cells) <= room) return [0, cells.length];
  const budget = room - 2;
  let from = first;
  let width = 0;
  const grow = (index: number): boolean => {
    const cell = cells[index];
    if (cell === undefined || width + cell.width > budget) return false;
    width += cell.width;
    return true;
  };
  while (from > 0 && width < budget / 3 && grow(from - 1)) from -= 1;
  let to = first;
  while (grow(to)) to += 1;
  while (from > 0 && grow(from - 1)) from -= 1;
  return [from, to];
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}
