import { ENOUGH_FOR_P90, ENOUGH_FOR_P99 } from '../../../pipeline/base/percentile-limits.js';
import type { Latency } from '../model/report.js';
import type { Spread } from '../model/scores.js';

const sumOf = (values: Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

/** What is not a finite number is not known. */
export const knownOf = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Mean over the values that are numbers; NaN when there is none. */
export function meanOf(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? Number.NaN : sumOf(finite) / finite.length;
}

/** Highest of the values that are numbers; NaN when there is none. */
export function highestOf(values: readonly number[]): number {
  return values.reduce(
    (highest, value) => (Number.isNaN(highest) || value > highest ? value : highest),
    Number.NaN,
  );
}

/** Mean and sample standard deviation (n - 1). One value that is not a number makes the mean none either. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = n === 0 ? Number.NaN : sumOf(values) / n;
  const squares = sumOf(values.map((value) => (value - mean) ** 2));
  return {
    mean,
    sd: n < 2 ? null : Math.sqrt(squares / (n - 1)),
    min: n === 0 ? Number.NaN : Math.min(...values),
    max: n === 0 ? Number.NaN : Math.max(...values),
    n,
  };
}

/**
 * Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, NumPy's default).
 *
 * @param sorted ascending, without NaN
 * @param share 0 to 1
 */
export function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (position - below);
}

/** All series in one, ascending; what is not a number is left out. */
export function sortedTogether(series: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(sumOf(series.map((values) => values.length)));
  let length = 0;
  for (const values of series) {
    for (const value of values) {
      if (Number.isFinite(value)) {
        all[length] = value;
        length += 1;
      }
    }
  }
  return all.subarray(0, length).sort();
}

export function latencyOf(sorted: Float64Array): Latency {
  return {
    median: quantile(sorted, 0.5),
    p90: sorted.length < ENOUGH_FOR_P90 ? null : quantile(sorted, 0.9),
    p99: sorted.length < ENOUGH_FOR_P99 ? null : quantile(sorted, 0.99),
    mean: sorted.length === 0 ? Number.NaN : sumOf(sorted) / sorted.length,
    min: quantile(sorted, 0),
    max: quantile(sorted, 1),
    n: sorted.length,
  };
}

/** Counts by truth (row) and prediction (column). */
export function confusionOf(labels: Uint8Array, predicted: Uint8Array, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let index = 0; index < labels.length; index += 1) {
    const row = matrix[labels[index] ?? 0];
    const column = predicted[index] ?? 0;
    if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
  }
  return matrix;
}

export interface ClassScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

/** Precision, recall and F1 of each class; 0 where a denominator is 0, as scikit-learn does by default. */
export function classScores(matrix: readonly (readonly number[])[]): ClassScores[] {
  return matrix.map((row, index) => {
    const hits = row[index] ?? 0;
    const support = sumOf(row);
    const answers = sumOf(matrix.map((other) => other[index] ?? 0));
    return {
      precision: answers === 0 ? 0 : hits / answers,
      recall: support === 0 ? 0 : hits / support,
      f1: answers + support === 0 ? 0 : (2 * hits) / (answers + support),
      support,
    };
  });
}

/** Share of right answers, and the unweighted mean of the classes' F1. */
export function scoresOf(matrix: readonly (readonly number[])[]): { accuracy: number; macroF1: number } {
  const total = sumOf(matrix.flat());
  const hits = sumOf(matrix.map((row, index) => row[index] ?? 0));
  const scores = classScores(matrix);
  return {
    accuracy: total === 0 ? Number.NaN : hits / total,
    macroF1: scores.length === 0 ? Number.NaN : sumOf(scores.map(({ f1 }) => f1)) / scores.length,
  };
}

/** Element-wise sum of matrices of one shape. */
export function addMatrices(matrices: readonly (readonly (readonly number[])[])[]): number[][] {
  const first = matrices[0] ?? [];
  return first.map((row, i) => row.map((_, j) => sumOf(matrices.map((matrix) => matrix[i]?.[j] ?? 0))));
}
