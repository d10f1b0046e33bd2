/** A place in a text: offsets count UTF-16 code units, line and column start at 1. */
export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The whole line, to draw under it. */
  readonly text: string;
}

/** One mistake of the user's, with where it is and what would be right. */
export interface Diagnostic {
  /** Stable and documented, for example `unknown-key`. */
  readonly code: string;
  readonly message: string;
  readonly range?: SourceRange;
  /** What to do next: a suggestion for a misspelt key, the values that would do. */
  readonly hint?: string;
}
