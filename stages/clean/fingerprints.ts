/** A slot without a fingerprint; a text whose fingerprint is 0 is counted as if it were 1. */
const EMPTY = 0;

/**
 * A set of texts that keeps 53 bits of each, in 16 bytes or so: texts themselves would take a gigabyte for some million tweets.
 * Of two million texts, two are taken for one with a probability of 2 in 10,000.
 */
export class Fingerprints implements Iterable<number> {
  #slots = new Float64Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether it was new. */
  add(text: string): boolean {
    return this.#put(fingerprint(text));
  }

  has(key: number): boolean {
    return this.#slots[this.#slotOf(key)] === key;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (const key of this.#slots) if (key !== EMPTY) yield key;
  }

  #put(key: number): boolean {
    const slot = this.#slotOf(key);
    if (this.#slots[slot] === key) return false;
    this.#slots[slot] = key;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  /** Where the key is or would be: the next free slot from its own on. */
  #slotOf(key: number): number {
    const mask = this.#slots.length - 1;
    let slot = (key >>> 0) & mask;
    while (this.#slots[slot] !== EMPTY && this.#slots[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(old.length * 2);
    for (const key of old) if (key !== EMPTY) this.#slots[this.#slotOf(key)] = key;
  }
}

/** How many distinct texts are in both. */
export function common(a: Fingerprints, b: Fingerprints): number {
  let count = 0;
  for (const key of a) if (b.has(key)) count += 1;
  return count;
}

/** 53 bits of a text, the same everywhere. Source: cyrb53 (public domain), two rounds of MurmurHash's multiply and xor side by side. */
export function fingerprint(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0) || 1;
}
