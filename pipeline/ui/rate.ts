interface Sample {
  readonly time: number;
  readonly done: number;
}

/** What is counted, and how far it is. */
interface Work {
  readonly unit: string;
  readonly total: number | undefined;
  readonly samples: Sample[];
}

/** Long enough to smooth over a slow message, short enough to follow a change of pace. */
const WINDOW_MS = 30_000;

function rateOf({ samples }: Work): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.time <= first.time || last.done <= first.done)
    return null;
  return ((last.done - first.done) * 1000) / (last.time - first.time);
}

/** How much is left, as seen at the last message; null without a total. */
function leftOf({ samples, total }: Work): number | null {
  const last = samples.at(-1);
  return last === undefined || total === undefined ? null : Math.max(0, total - last.done);
}

function secondsLeftOf(work: Work): number | null {
  const [rate, left] = [rateOf(work), leftOf(work)];
  return rate === null || left === null ? null : left / rate;
}

/**
 * Pace and time left, from progress messages alone. Work that stops half-way for something else (a training that is
 * validated after each epoch) keeps its pace, and goes on with it when it is back.
 */
export class RateMeter {
  #work: Work | null = null;
  #paused: Work | null = null;
  /** Seconds that the work has stood still so far, per unit that was done by then. */
  #pausePerUnit = 0;
  #pausedSeconds = 0;

  /** @param time milliseconds of the event */
  add(time: number, done: number, total: number | undefined, unit: string): void {
    const samples = this.#samplesBefore(time, done, total, unit);
    samples.push({ time, done });
    // Two samples stay even when they are far apart: they are all that is known.
    while (samples.length > 2 && time - (samples[1]?.time ?? time) > WINDOW_MS) samples.shift();
    this.#work = { unit, total, samples };
  }

  /** Things a second over the last half minute; null until it can be known. */
  get rate(): number | null {
    return this.#work === null ? null : rateOf(this.#work);
  }

  /** Seconds until all is done, as seen at the last message. */
  get secondsLeft(): number | null {
    if (this.#work === null) return null;
    const own = secondsLeftOf(this.#work);
    const main = this.#paused ?? this.#work;
    const pauses = (leftOf(main) ?? 0) * this.#pausePerUnit;
    if (this.#paused === null) return own === null ? null : own + pauses;
    return (own ?? 0) + (secondsLeftOf(this.#paused) ?? 0) + pauses;
  }

  /** The samples that one at this moment continues. */
  #samplesBefore(time: number, done: number, total: number | undefined, unit: string): Sample[] {
    const isSame = (work: Work | null): work is Work =>
      work !== null && work.unit === unit && work.total === total && done >= (work.samples.at(-1)?.done ?? 0);
    if (isSame(this.#work)) return this.#work.samples;
    if (isSame(this.#paused)) return this.#resume(this.#paused, time, done);
    // What has no pace yet, or is done, is not waited for.
    if (this.#paused === null && this.#work !== null && (secondsLeftOf(this.#work) ?? 0) > 0)
      this.#paused = this.#work;
    return [];
  }

  /** As if the time in between had not been. */
  #resume(paused: Work, time: number, done: number): Sample[] {
    const gap = time - (paused.samples.at(-1)?.time ?? time);
    this.#pausedSeconds += gap / 1000;
    if (done > 0) this.#pausePerUnit = this.#pausedSeconds / done;
    this.#paused = null;
    return paused.samples.map((sample) => ({ time: sample.time + gap, done: sample.done }));
  }
}
