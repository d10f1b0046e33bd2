import { drawsFrom, seedOfText } from '../../../pipeline/base/random.js';
import type { Interval } from '../model/scores.js';
import { percentileInterval, RESAMPLES } from './bootstrap.js';

/** The answers of one seed to the same tweets, in the same order. */
export interface AnswerPair {
  readonly predicted: Uint8Array;
  readonly reference: Uint8Array;
}

/** 95 % intervals of mean differences over the seeds; null where all answers are the same. */
export interface ScoreIntervals {
  readonly accuracy: Interval;
  readonly macro_f1: Interval;
}

/**
 * Paired bootstrap (Efron and Tibshirani 1993, section 16.4; for scores of texts Koehn 2004): as many tweets are drawn
 * with replacement, and each brings its true class and the answers of both files in all seeds along, so that what both
 * find hard cancels out. Seeds are kept as they are. Tweets that were answered alike are counted, not gone through.
 *
 * @param truths class of each tweet
 * @param pairs one for each seed that both have
 * @param seed equal seeds draw alike
 */
export function pairedIntervals(
  truths: Uint8Array,
  pairs: readonly AnswerPair[],
  classes: number,
  seed: string,
): ScoreIntervals | null {
  const isSame = pairs.every(({ predicted, reference }) =>
    truths.every((_, tweet) => predicted[tweet] === reference[tweet]),
  );
  if (isSame || truths.length === 0) return null;
  const answers = pairs.flatMap(({ predicted, reference }) => [predicted, reference]);
  const { patternOf, patterns } = patternsOf([truths, ...answers]);
  const random = drawsFrom(seedOfText(seed));
  const places = new Uint32Array(truths.length);
  const accuracy = new Float64Array(RESAMPLES);
  const macroF1 = new Float64Array(RESAMPLES);
  const columns = 1 + answers.length;
  const times = new Uint32Array(patterns.length / columns);
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    times.fill(0);
    random.fill(places, truths.length);
    for (let drawn = 0; drawn < places.length; drawn += 1) {
      const pattern = patternOf[places[drawn] ?? 0] ?? 0;
      times[pattern] = (times[pattern] ?? 0) + 1;
    }
    const scores = scoresOf(patterns, times, answers.length, classes);
    for (let at = 0; at < scores.length; at += 2) {
      const [own, reference] = [scores[at], scores[at + 1]];
      if (own === undefined || reference === undefined) continue;
      accuracy[resample] = (accuracy[resample] ?? 0) + (own.accuracy - reference.accuracy) / pairs.length;
      macroF1[resample] = (macroF1[resample] ?? 0) + (own.macroF1 - reference.macroF1) / pairs.length;
    }
  }
  return { accuracy: percentileInterval(accuracy), macro_f1: percentileInterval(macroF1) };
}

/** Which of the distinct combinations of values each tweet has. */
function patternsOf(columns: readonly Uint8Array[]): {
  readonly patternOf: Uint32Array;
  /** One after the other, each with a value of each column. */
  readonly patterns: Uint8Array;
} {
  const length = columns[0]?.length ?? 0;
  const patternOf = new Uint32Array(length);
  for (const column of columns) {
    // Those that were alike so far and now differ part.
    const known = new Map<number, number>();
    for (let tweet = 0; tweet < length; tweet += 1) {
      const key = (patternOf[tweet] ?? 0) * 256 + (column[tweet] ?? 0);
      const pattern = known.get(key) ?? known.size;
      known.set(key, pattern);
      patternOf[tweet] = pattern;
    }
  }
  const distinct = patternOf.reduce((most, pattern) => Math.max(most, pattern + 1), 0);
  const patterns = new Uint8Array(distinct * columns.length);
  for (let tweet = 0; tweet < length; tweet += 1) {
    const start = (patternOf[tweet] ?? 0) * columns.length;
    for (const [at, column] of columns.entries()) patterns[start + at] = column[tweet] ?? 0;
  }
  return { patternOf, patterns };
}

/**
 * Accuracy and macro-F1 of each column of answers, as `scoresOf` of statistics.ts.
 *
 * @param patterns the true class, then the answers
 * @param times how many tweets have each of them
 * @param columns of answers
 */
function scoresOf(
  patterns: Uint8Array,
  times: Uint32Array,
  columns: number,
  classes: number,
): { accuracy: number; macroF1: number }[] {
  const truths = new Float64Array(classes);
  const hits = new Float64Array(columns * classes);
  const answered = new Float64Array(columns * classes);
  let total = 0;
  for (let index = 0; index < times.length; index += 1) {
    const count = times[index] ?? 0;
    if (count === 0) continue;
    const start = index * (columns + 1);
    const truth = patterns[start] ?? 0;
    total += count;
    truths[truth] = (truths[truth] ?? 0) + count;
    for (let column = 0; column < columns; column += 1) {
      const answer = patterns[start + 1 + column] ?? 0;
      const at = column * classes + answer;
      answered[at] = (answered[at] ?? 0) + count;
      if (answer === truth) hits[at] = (hits[at] ?? 0) + count;
    }
  }
  return Array.from({ length: columns }, (_, column) => {
    let right = 0;
    let f1 = 0;
    for (let label = 0; label < classes; label += 1) {
      const at = column * classes + label;
      const both = (truths[label] ?? 0) + (answered[at] ?? 0);
      right += hits[at] ?? 0;
      f1 += both === 0 ? 0 : (2 * (hits[at] ?? 0)) / both;
    }
    return { accuracy: right / total, macroF1: f1 / classes };
  });
}
