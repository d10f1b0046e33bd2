import { createHash } from 'node:crypto';
import type { Split } from './split-counts.js';

/**
 * Chooses the test rows of a table that names none: by the text alone, so that equal texts are on one side, whatever their
 * order and however often the table grows. Where a label would have no test row, the share is raised until it has one.
 */
export class TestRows {
  readonly #fraction: number;
  /** By label the smallest place of its texts. */
  readonly #smallest = new Map<string, number>();
  #share: number | undefined;

  /** @param fraction share of the texts that are to be tested with, above 0 and below 1 */
  constructor(fraction: number) {
    this.#fraction = fraction;
  }

  /** Every row is to be looked at before the first is chosen. */
  look(text: string, label: string): void {
    if (text.trim() === '' || label === '') return;
    const place = placeOf(text);
    this.#smallest.set(label, Math.min(place, this.#smallest.get(label) ?? 1));
  }

  splitOf(text: string): Split {
    this.#share ??= Math.max(this.#fraction, ...this.#smallest.values());
    return placeOf(text) <= this.#share ? 'test' : 'training';
  }

  /** The share that is taken, where it is more than was asked for. */
  raised(): number | undefined {
    return this.#share === undefined || this.#share === this.#fraction ? undefined : this.#share;
  }
}

/** A number from 0 to 1 that only depends on what the text says: links, case and spaces make no other text of it. */
function placeOf(text: string): number {
  const said = text
    .normalize('NFC')
    .toLowerCase()
    .replace(/https?:\/\/\S+/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return createHash('sha256').update(said).digest().readUIntBE(0, 6) / 2 ** 48;
}
