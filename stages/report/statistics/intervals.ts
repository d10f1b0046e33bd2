import type { Interval } from '../model/scores.js';

/** 97.5 % quantile of the standard normal distribution: 95 % of it lie within as many standard deviations. */
const Z = 1.959963984540054;

/** Standard deviation of what has that 95 % interval, if it is normal. */
export const deviationOf = ([low, high]: Interval): number => (high - low) / (2 * Z);

/**
 * 95 % Wilson score interval of a share (Wilson 1927): unlike mean ± 1.96 standard errors it stays within 0 and 1 and
 * holds for few tweets.
 *
 * @param share of successes; a mean over seeds need not be a whole number of them
 * @param n how many were tried; none leave 0 to 1
 */
export function wilsonInterval(share: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const squared = Z * Z;
  const middle = (share + squared / (2 * n)) / (1 + squared / n);
  const half = (Z / (1 + squared / n)) * Math.sqrt((share * (1 - share)) / n + squared / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * Variance of the macro-F1 that as many tweets give, drawn anew: delta method on the multinomial of the confusion
 * matrix (Takahashi et al. 2022, "Confidence interval for micro-averaged F1 and macro-averaged F1 scores").
 * A class without tweets and without answers counts 0 and does not vary.
 */
export function macroF1Variance(matrix: readonly (readonly number[])[]): number {
  const total = totalOf(matrix);
  if (total === 0) return Number.NaN;
  const slopes = macroF1Slopes(matrix);
  let mean = 0;
  let square = 0;
  for (const [i, row] of matrix.entries()) {
    for (const [j, count] of row.entries()) {
      const slope = slopes[i]?.[j] ?? 0;
      mean += (count / total) * slope;
      square += (count / total) * slope ** 2;
    }
  }
  return Math.max(0, square - mean ** 2) / total;
}

const totalOf = (matrix: readonly (readonly number[])[]): number =>
  matrix.flat().reduce((sum, count) => sum + count, 0);

/** How macro-F1 changes with the share of each cell of the confusion matrix: what one tweet in it adds, up to a constant. */
function macroF1Slopes(matrix: readonly (readonly number[])[]): number[][] {
  const classes = matrix.length;
  const total = totalOf(matrix);
  const truths = matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
  const answers = matrix.map((_, index) => matrix.reduce((sum, row) => sum + (row[index] ?? 0), 0));
  // F1 of class k is 2 a / b with a = p_kk and b = p_k. + p_.k, all as shares.
  const slopes = matrix.map((row, k) => {
    const a = (row[k] ?? 0) / total;
    const b = ((truths[k] ?? 0) + (answers[k] ?? 0)) / total;
    return b === 0 ? { hit: 0, miss: 0 } : { hit: 2 / b - (4 * a) / b ** 2, miss: (-2 * a) / b ** 2 };
  });
  return matrix.map((row, i) =>
    row.map((_, j) => {
      const miss = (slopes[i]?.miss ?? 0) + (slopes[j]?.miss ?? 0);
      return (i === j ? (slopes[i]?.hit ?? 0) : miss) / classes;
    }),
  );
}

/** 95 % interval around a mean macro-F1 over seeds, from the mean variance of their matrices: the seeds scored the same tweets, so their errors do not average out. */
export function macroF1Interval(
  mean: number,
  matrices: readonly (readonly (readonly number[])[])[],
): Interval {
  const variances = matrices.map(macroF1Variance);
  const half = Z * Math.sqrt(variances.reduce((sum, value) => sum + value, 0) / variances.length);
  return [Math.max(0, mean - half), Math.min(1, mean + half)];
}

/** Answers of one model with one seed, and how often each was given to each class. */
export interface SeedAnswers {
  readonly predicted: Uint8Array;
  readonly confusion: readonly (readonly number[])[];
}

/**
 * 95 % interval of the difference of two mean macro-F1 over seeds on the same tweets, in the same order: the delta method
 * of `macroF1Variance` on what each tweet adds to both, so that what both find hard cancels out. Seeds are kept as they are.
 *
 * @param difference of the means
 */
export function macroF1DifferenceInterval(
  difference: number,
  truths: Uint8Array,
  own: readonly SeedAnswers[],
  other: readonly SeedAnswers[],
): Interval {
  const added = new Float64Array(truths.length);
  for (const [side, sign] of [
    [own, 1],
    [other, -1],
  ] as const) {
    for (const { predicted, confusion } of side) {
      const slopes = macroF1Slopes(confusion);
      for (let tweet = 0; tweet < truths.length; tweet += 1) {
        const slope = slopes[truths[tweet] ?? 0]?.[predicted[tweet] ?? 0] ?? 0;
        added[tweet] = (added[tweet] ?? 0) + (sign * slope) / side.length;
      }
    }
  }
  const mean = added.reduce((sum, value) => sum + value, 0) / truths.length;
  const squares = added.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = (Z * Math.sqrt(squares)) / truths.length;
  return [difference - half, difference + half];
}
