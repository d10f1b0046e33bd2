/** Ids of tweets beyond 2^53: below, nothing was lost. */
const LONG = /^[0-9]{16,19}$/;
const EXPONENT = /^[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+$/;

/** By chance one id in a hundred ends so. */
const ENDS_IN_ZEROS = /00$/;

/** With fewer ids, chance could be taken for damage. */
const ENOUGH = 20;

/** An id as a spreadsheet writes it that took it for a number: `1.87281E+17`. */
export function isRoundedId(text: string): boolean {
  return EXPONENT.test(text);
}

/**
 * Notices ids that a program read as numbers and wrote again: spreadsheets keep 15 digits, floating-point numbers 17, and put
 * zeros for the rest. Such ids name other tweets, or several tweets at once.
 */
export class IdWatch {
  #long = 0;
  #rounded = 0;
  #first: { readonly id: string; readonly line: number } | undefined;

  add(id: string, line: number): void {
    const isExponent = isRoundedId(id);
    if (!isExponent && !LONG.test(id)) return;
    this.#long += 1;
    if (!isExponent && !ENDS_IN_ZEROS.test(id)) return;
    this.#rounded += 1;
    this.#first ??= { id, line };
  }

  /** Set when most long ids were rounded. */
  damage():
    | { readonly rounded: number; readonly long: number; readonly id: string; readonly line: number }
    | undefined {
    if (this.#first === undefined || this.#long < ENOUGH || this.#rounded * 2 <= this.#long) return undefined;
    return { rounded: this.#rounded, long: this.#long, ...this.#first };
  }
}
