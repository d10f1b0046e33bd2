interface Sample {
  readonly time: number;
  readonly done: number;
}

/** What is counted, and how far it is. */
interface Work {
  readonly unit: string;
  readonly total: number | undefined;
  readonly samples: Sample[];
  /** Whether the first sample is the beginning, after which something may have had to start up. */
  readonly hasBeginning: boolean;
}

/** Less than this share says nothing of the pace: it may have been the start. */
const TOLD_BY = 0.02;

/** Long enough to smooth over a slow message, short enough to follow a change of pace. */
const WINDOW_MS = 30_000;

function rateOf({ samples, total, hasBeginning }: Work): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.time <= first.time || last.done <= first.done)
    return null;
  if (hasBeginning && last.done - first.done < TOLD_BY * (total ?? 0)) return null;
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
    const before = this.#before(time, done, total, unit);
    const samples = before?.samples ?? [];
    samples.push({ time, done });
    let hasBeginning = before?.hasBeginning ?? true;
    if (hasBeginning && samples.length > 2 && done > (samples[1]?.done ?? done)) {
      samples.shift();
      hasBeginning = false;
    }
    // Two samples stay even when they are far apart: they are all that is known.
    while (samples.length > 2 && time - (samples[1]?.time ?? time) > WINDOW_MS) samples.shift();
    this.#work = { unit, total, samples, hasBeginning };
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

  /** The work that a message at this moment continues; null where it begins some. */
  #before(time: number, done: number, total: number | undefined, unit: string): Work | null {
    const isSame = (work: Work | null): work is Work =>
      work !== null && work.unit === unit && work.total === total && done >= (work.samples.at(-1)?.done ?? 0);
    if (isSame(this.#work)) return this.#work;
    if (isSame(this.#paused)) return this.#resume(this.#paused, time, done);
    // What has no pace yet, or is done, is not waited for.
    if (this.#paused === null && this.#work !== null && (secondsLeftOf(this.#work) ?? 0) > 0)
      this.#paused = this.#work;
    return null;
  }

  /** As if the time in between had not been. */
  #resume(paused: Work, time: number, done: number): Work {
    const gap = time - (paused.samples.at(-1)?.time ?? time);
    this.#pausedSeconds += gap / 1000;
    if (done > 0) this.#pausePerUnit = this.#pausedSeconds / done;
    this.#paused = null;
    const samples = paused.samples.map((sample) => ({ time: sample.time + gap, done: sample.done }));
    return { ...paused, samples };
  }
}
