import { graphemesOf, graphemeWidth } from '../base/graphemes.js';

/** One thing that a terminal draws, and where it came from. */
export interface Cell {
  readonly text: string;
  /** Columns on the screen: 0, 1 or 2. */
  readonly width: number;
  /** Offset in the line, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}

/** Splits a line into what a terminal draws. Tabs become two spaces; what could steer a terminal becomes visible. */
export function cellsOf(line: string): Cell[] {
  return [...graphemesOf(line)].map(({ segment, index }) => {
    const end = index + segment.length;
    if (segment === '\t') return { text: '  ', width: 2, start: index, end };
    const text = visible(segment);
    return { text, width: graphemeWidth(text), start: index, end };
  });
}

/** Columns that a text takes on the screen. */
export function displayWidth(text: string): number {
  return cellsOf(text).reduce((sum, cell) => sum + cell.width, 0);
}

/** Replaces control characters, marks that turn the direction of text, and halves of characters. */
export function visible(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (control) =>
      control < ' ' ? String.fromCharCode(0x2400 + control.charCodeAt(0)) : '\uFFFD',
    )
    .replace(/[\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD')
    .replace(/\p{Cs}/gu, '\uFFFD');
}
