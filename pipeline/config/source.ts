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

/** The first line that an origin touches; a range never spans lines, so that it can be drawn. */
export function rangeOf(origin: Origin): SourceRange {
  const { file, text } = origin.source;
  const start = Math.min(Math.max(origin.start, 0), text.length);
  const lineStart = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', start);
  let lineEnd = newline === -1 ? text.length : newline;
  if (lineEnd > lineStart && text[lineEnd - 1] === '\r') lineEnd -= 1;
  // A byte order mark is not part of the line that people see.
  const visibleStart = lineStart === 0 && text.startsWith('\uFEFF') ? 1 : lineStart;
  const column = Math.max(start - visibleStart, 0);
  return {
    file,
    line: text.slice(0, lineStart).split('\n').length,
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
      message,
      ...(at === undefined ? {} : { range: rangeOf(at) }),
      ...(hint === undefined ? {} : { hint }),
    });
  };
  return { diagnostics, report };
}
