import { stripVTControlCharacters } from 'node:util';
import { graphemesOf, graphemeWidth } from '../base/graphemes.js';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Columns that a text takes in a terminal; escape sequences take none. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (PRINTABLE_ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const { segment } of graphemesOf(plain)) width += graphemeWidth(segment);
  return width;
}

/** Cuts a text without escape sequences to `width` columns; a cut shows as an ellipsis. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  let taken = '';
  let columns = 0;
  for (const { segment } of graphemesOf(text)) {
    const next = graphemeWidth(segment);
    if (columns + next > width - 1) break;
    taken += segment;
    columns += next;
  }
  return `${taken.trimEnd()}…`;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/**
 * One line that is safe to print: workers may say anything, a tweet with escape sequences or marks that turn the
 * direction of writing included.
 */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .trim();
}

/** Breaks at spaces; leading spaces stay, lines after the first begin with `indent`. A word is never broken. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  let empty = true;
  for (const word of text.trimStart().split(' ')) {
    const joined = empty ? line + word : `${line} ${word}`;
    if (!empty && displayWidth(joined) > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = joined;
    }
    empty = false;
  }
  lines.push(line);
  return lines;
}
