import type { Json } from '../../pipeline/base/canonical.js';
import type { LineProblem } from './read-table.js';

/**
 * Why a row is not used. `shifted-columns`: a value stands in the wrong column; `unknown-value`: it belongs to no
 * column; `rounded-id`: a program has taken the id for a number; `wrong-entity`: the row names another entity than its file; `no-tweet-info`: labelled, but not described.
 */
export type DropReason =
  | LineProblem
  | 'not-an-id'
  | 'rounded-id'
  | 'not-json'
  | 'shifted-columns'
  | 'unknown-value'
  | 'wrong-entity'
  | 'no-tweet-info';

export interface Place {
  /** Relative to the input folder, for example `training/labeled/RL2013D01E001.dat`. */
  readonly file: string;
  readonly line: number;
  readonly id: string | null;
}

/** The card lists every bad row up to this many a reason: enough to see the pattern, little enough to read. */
const EXAMPLES = 20;

/** Bad rows of one split, counted by reason and by file. */
export class DroppedRows {
  readonly #byReason = new Map<DropReason, { count: number; readonly examples: Place[] }>();
  readonly #byFile = new Map<string, { count: number; line: number }>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(reason: DropReason, place: Place): void {
    this.#count += 1;
    const entry = this.#byReason.get(reason) ?? { count: 0, examples: [] };
    this.#byReason.set(reason, entry);
    entry.count += 1;
    if (entry.examples.length < EXAMPLES) entry.examples.push(place);
    const file = this.#byFile.get(place.file) ?? { count: 0, line: place.line };
    this.#byFile.set(place.file, file);
    file.count += 1;
    file.line = Math.min(file.line, place.line);
  }

  /** The three files with most bad rows, with the first bad line of each. */
  worstFiles(): readonly { readonly file: string; readonly count: number; readonly line: number }[] {
    return [...this.#byFile]
      .map(([file, { count, line }]) => ({ file, count, line }))
      .sort((a, b) => b.count - a.count)
      .slice(0, 3);
  }

  entries(): readonly { readonly reason: DropReason; readonly count: number; readonly examples: Place[] }[] {
    return [...this.#byReason].map(([reason, { count, examples }]) => ({ reason, count, examples }));
  }
}

/** One sentence a reason: what was dropped and where the first ones are. */
export function dropWarnings(what: string, dropped: DroppedRows): readonly string[] {
  return dropped.entries().map(({ reason, count, examples }) => {
    const places = examples.slice(0, 3).map(({ file, line }) => `${file}:${line}`);
    const more = count > places.length ? ` and ${count - places.length} more` : '';
    return `dropped ${count} of the ${what}, ${reason.replaceAll('-', ' ')}: ${places.join(', ')}${more}`;
  });
}

/** As the card shows them; `kind` says which lines, the labelled rows or the texts. */
export function dropCard(kind: 'row' | 'text', split: string, dropped: DroppedRows): readonly Json[] {
  return dropped.entries().map(({ reason, count, examples }) => ({
    kind,
    split,
    reason,
    count,
    examples: examples.map(({ file, line, id }) => ({ file, line, ...(id === null ? {} : { id }) })),
  }));
}
