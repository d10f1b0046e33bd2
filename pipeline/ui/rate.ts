interface Sample {
  readonly time: number;
  readonly done: number;
}

/** Long enough to smooth over an evaluation between two epochs, short enough to follow a change of pace. */
const WINDOW_MS = 30_000;

/** Pace and time left, from progress messages alone. */
export class RateMeter {
  #samples: Sample[] = [];
  #total: number | undefined;
  #unit: string | undefined;

  /** @param time milliseconds of the event */
  add(time: number, done: number, total: number | undefined, unit: string): void {
    const last = this.#samples.at(-1);
    // A new phase counts from the beginning, perhaps something else.
    if (last !== undefined && (done < last.done || unit !== this.#unit || total !== this.#total))
      this.#samples = [];
    this.#total = total;
    this.#unit = unit;
    this.#samples.push({ time, done });
    // Two samples stay even when they are far apart: they are all that is known.
    while (this.#samples.length > 2 && time - (this.#samples[1]?.time ?? time) > WINDOW_MS)
      this.#samples.shift();
  }

  /** Things a second over the last half minute; null until it can be known. */
  get rate(): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.time <= first.time || last.done <= first.done)
      return null;
    return ((last.done - first.done) * 1000) / (last.time - first.time);
  }

  /** Seconds until done reaches total, as seen at the last message. */
  get secondsLeft(): number | null {
    const rate = this.rate;
    const last = this.#samples.at(-1);
    if (rate === null || last === undefined || this.#total === undefined) return null;
    return Math.max(0, (this.#total - last.done) / rate);
  }
}
