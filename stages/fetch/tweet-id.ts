/** A tweet id: kept as text, since ids exceed 2^53. */
export function isTweetId(text: string): boolean {
  return /^[0-9]{1,19}$/.test(text);
}

/** Whether a number program has written it: `2.16287E+17`, `216287162696605696.0`. */
export function isRoundedId(text: string): boolean {
  return /^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+$/.test(text) || /^[0-9]{16,}[.,]0*$/.test(text);
}

/** What a double cannot hold: a program that takes ids for numbers leaves zeros at their ends. */
const LONG = 17;
const ENOUGH = 10;
const SUSPICIOUS_SHARE = 0.9;

/** Ids of one file, looked at together: that one ends with 0 means nothing, that nearly all do means that they were rounded. */
export class IdCheck {
  #long = 0;
  #rounded = 0;
  #example = '';

  add(id: string): void {
    const exponent = isRoundedId(id);
    if (!exponent && id.length < LONG) return;
    this.#long += 1;
    if (!exponent && !id.endsWith('0')) return;
    this.#rounded += 1;
    if (this.#example === '') this.#example = id;
  }

  /** How many of how many ids look rounded, with one of them; null where all is well. */
  finding(): { readonly rounded: number; readonly of: number; readonly example: string } | null {
    if (this.#long < ENOUGH || this.#rounded < this.#long * SUSPICIOUS_SHARE) return null;
    return { rounded: this.#rounded, of: this.#long, example: this.#example };
  }
}
