import type { Diagnostic, SourceRange } from '../contract/diagnostic.js';

/** A text that the user wrote: a file, or one argument of the command line (then `file` is `--set`, `--profile`). */
export interface Source {
  /** As it is shown to the user. */
  readonly file: string;
  readonly text: string;
}

/** Where something was written. Offsets count UTF-16 code units; `end` is not included. */
export interface Origin {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Collects problems, so that the user sees all of them at once. */
export type Report = (code: string, message: string, at?: Origin, hint?: string) => void;

const lineStarts = new WeakMap<Source, readonly number[]>();

/** Found once for a text: a file with thousands of mistakes would be gone through for each of them. */
function lineStartsOf(source: Source): readonly number[] {
  const known = lineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at !== -1; at = source.text.indexOf('\n', at + 1))
    starts.push(at + 1);
  lineStarts.set(source, starts);
  return starts;
}

/** The line that an offset stands in, from 1. */
export function lineAt(source: Source, offset: number): number {
  const starts = lineStartsOf(source);
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** The first line that an origin touches; a range never spans lines, so that it can be drawn. */
export function rangeOf(origin: Origin): SourceRange {
  const { file, text } = origin.source;
  const start = Math.min(Math.max(origin.start, 0), text.length);
  const line = lineAt(origin.source, start);
  const lineStart = lineStartsOf(origin.source)[line - 1] ?? 0;
  const newline = text.indexOf('\n', start);
  let lineEnd = newline === -1 ? text.length : newline;
  if (lineEnd > lineStart && text[lineEnd - 1] === '\r') lineEnd -= 1;
  // A byte order mark is not part of the line that people see.
  const visibleStart = lineStart === 0 && text.startsWith('\uFEFF') ? 1 : lineStart;
  // A problem may be said of the line's end itself, which with CRLF is behind a character that is not shown.
  const column = Math.max(Math.min(start, lineEnd) - visibleStart, 0);
  return {
    file,
    line,
    column: column + 1,
    length: Math.max(Math.min(origin.end, lineEnd) - start, 1),
    text: text.slice(visibleStart, Math.max(lineEnd, visibleStart)),
  };
}

/** Whether two origins start on the same line of the same text. */
export function onSameLine(a: Origin, b: Origin): boolean {
  if (a.source !== b.source) return false;
  const [first, second] = a.start <= b.start ? [a.start, b.start] : [b.start, a.start];
  return !a.source.text.slice(first, second).includes('\n');
}

/** A list of diagnostics and the function that adds to it. */
export function createReport(): { readonly diagnostics: Diagnostic[]; readonly report: Report } {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (code, message, at, hint) => {
    diagnostics.push({
      code,
      message: shortened(message),
      ...(at === undefined ? {} : { range: rangeOf(at) }),
      ...(hint === undefined ? {} : { hint: shortened(hint) }),
    });
  };
  return { diagnostics, report };
}

const LONGEST_WORD = 160;

/** A name of thousands of characters is a mistake in itself, and would push everything else off the screen. */
function shortened(message: string): string {
  return message.replace(/[^\s`]+/g, (word) =>
    word.length > LONGEST_WORD ? `${word.slice(0, LONGEST_WORD / 2)}…` : word,
  );
}
