/** Neighbouring ranks are counted together in at most so many groups. */
const GROUPS = 2048;

/**
 * Values drawn from known ones, of which a few quantiles are wanted: a study's report draws hundreds of millions, and
 * sorting each sample took most of its time. Drawn values are counted in groups of neighbouring ranks, and only those of
 * the group that holds a quantile are sorted.
 */
export class RankSample {
  readonly #sorted: Float64Array;
  readonly #shift: number;
  readonly #ranks: Uint32Array;
  readonly #counts: Uint32Array;
  #length = 0;

  /**
   * @param sorted all values that may be drawn, ascending
   * @param most how many are drawn at most
   */
  constructor(sorted: Float64Array, most: number) {
    this.#sorted = sorted;
    this.#shift = Math.max(0, Math.ceil(Math.log2((sorted.length + 1) / GROUPS)));
    this.#ranks = new Uint32Array(most);
    this.#counts = new Uint32Array((sorted.length >>> this.#shift) + 1);
  }

  clear(): void {
    this.#length = 0;
    this.#counts.fill(0);
  }

  /** Draws the value of this rank; none of a rank behind the last. */
  add(rank: number): void {
    if (rank >= this.#sorted.length) return;
    this.#ranks[this.#length] = rank;
    this.#length += 1;
    const group = rank >>> this.#shift;
    this.#counts[group] = (this.#counts[group] ?? 0) + 1;
  }

  /** As `quantile` of all drawn values in order. */
  quantile(share: number): number {
    if (this.#length === 0) return Number.NaN;
    const position = share * (this.#length - 1);
    const below = Math.floor(position);
    const [low, high] = this.#neighbours(below);
    return low + (high - low) * (position - below);
  }

  /** The drawn values at this place and at the next, counted from 0 in ascending order; twice the last one. */
  #neighbours(place: number): readonly [number, number] {
    let group = 0;
    let before = 0;
    while (before + (this.#counts[group] ?? 0) <= place) {
      before += this.#counts[group] ?? 0;
      group += 1;
    }
    const own = this.#ranksOf(group);
    const low = this.#valueAt(own[place - before]);
    if (place + 1 >= this.#length) return [low, low];
    if (place + 1 - before < own.length) return [low, this.#valueAt(own[place + 1 - before])];
    group += 1;
    while ((this.#counts[group] ?? 0) === 0) group += 1;
    return [low, this.#valueAt(this.#ranksOf(group)[0])];
  }

  /** Drawn ranks of a group, ascending. */
  #ranksOf(group: number): Uint32Array {
    const own = new Uint32Array(this.#counts[group] ?? 0);
    let found = 0;
    for (let index = 0; index < this.#length; index += 1) {
      const rank = this.#ranks[index] ?? 0;
      if (rank >>> this.#shift === group) {
        own[found] = rank;
        found += 1;
      }
    }
    return own.sort();
  }

  #valueAt(rank: number | undefined): number {
    return this.#sorted[rank ?? 0] ?? Number.NaN;
  }
}
