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

  /** Draws the ranks at these places of `from`; what is behind the last rank is drawn and left out. */
  draw(from: Uint32Array, places: Uint32Array): void {
    const [ranks, counts, shift] = [this.#ranks, this.#counts, this.#shift];
    const end = this.#sorted.length;
    let length = this.#length;
    for (let item = 0; item < places.length; item += 1) {
      const rank = from[places[item] ?? 0] ?? end;
      if (rank >= end) continue;
      ranks[length] = rank;
      length += 1;
      const group = rank >>> shift;
      counts[group] = (counts[group] ?? 0) + 1;
    }
    this.#length = length;
  }

  /** For each share, as `quantile` of all drawn values in order. */
  quantiles(shares: readonly number[]): number[] {
    if (this.#length === 0) return shares.map(() => Number.NaN);
    const places = shares.map((share) => Math.floor(share * (this.#length - 1)));
    const values = this.#valuesAt([...places, ...places.map((at) => Math.min(at + 1, this.#length - 1))]);
    return shares.map((share, index) => {
      const [low, high] = [values[index] ?? Number.NaN, values[shares.length + index] ?? Number.NaN];
      return low + (high - low) * (share * (this.#length - 1) - (places[index] ?? 0));
    });
  }

  /** The drawn values at these places, counted from 0 in ascending order. */
  #valuesAt(places: readonly number[]): number[] {
    const found = places.map((place) => this.#groupAt(place));
    const own = this.#ranksOf(new Set(found.map(({ group }) => group)));
    return places.map((place, index) => {
      const { group, before } = found[index] ?? { group: 0, before: 0 };
      return this.#valueAt(own.get(group)?.[place - before]);
    });
  }

  /** The group that holds a place, and how many are drawn before it. */
  #groupAt(place: number): { readonly group: number; readonly before: number } {
    const counts = this.#counts;
    let group = 0;
    let before = 0;
    for (let own = counts[0] ?? 0; before + own <= place; own = counts[group] ?? 0) {
      before += own;
      group += 1;
    }
    return { group, before };
  }

  /** Drawn ranks of these groups, ascending. */
  #ranksOf(groups: ReadonlySet<number>): ReadonlyMap<number, Uint32Array> {
    const [ranks, shift, length] = [this.#ranks, this.#shift, this.#length];
    const wanted = new Uint8Array(this.#counts.length);
    for (const group of groups) wanted[group] = 1;
    const own = new Map([...groups].map((group) => [group, { found: 0, list: this.#listFor(group) }]));
    for (let index = 0; index < length; index += 1) {
      const rank = ranks[index] ?? 0;
      const group = rank >>> shift;
      if (wanted[group] === 0) continue;
      const one = own.get(group);
      if (one === undefined) continue;
      one.list[one.found] = rank;
      one.found += 1;
    }
    return new Map([...own].map(([group, { list }]) => [group, list.sort()]));
  }

  #listFor(group: number): Uint32Array {
    return new Uint32Array(this.#counts[group] ?? 0);
  }

  #valueAt(rank: number | undefined): number {
    return this.#sorted[rank ?? 0] ?? Number.NaN;
  }
}
