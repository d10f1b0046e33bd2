import { ENOUGH_FOR_P90, ENOUGH_FOR_P99 } from '../base/percentile-limits.js';

export interface ClassScore {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

export interface Scores {
  readonly accuracy: number;
  readonly macro_f1: number;
  readonly per_class: readonly ClassScore[];
  /** Rows are the truth, columns the predictions. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Accuracy, macro-F1 (the unweighted mean over all labels) and their parts. What would divide by zero is 0, as
 * scikit-learn's `zero_division=0` has it.
 */
export function scoresOf(
  labels: readonly string[],
  truth: readonly number[],
  predicted: readonly number[],
): Scores {
  const confusion = labels.map(() => labels.map(() => 0));
  for (const [index, label] of truth.entries()) {
    const row = confusion[label];
    const column = predicted[index];
    if (row === undefined || column === undefined || row[column] === undefined) {
      throw new RangeError(`Internal error: row ${index} has no label`);
    }
    row[column] += 1;
  }
  const at = (row: number, column: number) => confusion[row]?.[column] ?? 0;
  const per_class = labels.map((label, index) => {
    const right = at(index, index);
    const support = labels.reduce((sum, _, column) => sum + at(index, column), 0);
    const chosen = labels.reduce((sum, _, row) => sum + at(row, index), 0);
    return {
      label,
      precision: ratio(right, chosen),
      recall: ratio(right, support),
      f1: ratio(2 * right, support + chosen),
      support,
    };
  });
  const right = labels.reduce((sum, _, index) => sum + at(index, index), 0);
  return {
    accuracy: ratio(right, truth.length),
    macro_f1: ratio(
      per_class.reduce((sum, { f1 }) => sum + f1, 0),
      labels.length,
    ),
    per_class,
    confusion,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

export interface LatencySummary {
  readonly mean: number;
  readonly median: number;
  /** Null below as many inferences as the percentile needs. */
  readonly p90: number | null;
  readonly p99: number | null;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

/** Percentiles between two values are interpolated linearly. */
export function summarizeLatencies(milliseconds: readonly number[]): LatencySummary {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const percentile = (share: number) => {
    const position = share * (sorted.length - 1);
    const low = sorted[Math.floor(position)] ?? 0;
    const high = sorted[Math.ceil(position)] ?? 0;
    return rounded(low + (high - low) * (position - Math.floor(position)));
  };
  return {
    mean: rounded(sorted.reduce((sum, value) => sum + value, 0) / sorted.length),
    median: percentile(0.5),
    p90: sorted.length < ENOUGH_FOR_P90 ? null : percentile(0.9),
    p99: sorted.length < ENOUGH_FOR_P99 ? null : percentile(0.99),
    min: percentile(0),
    max: percentile(1),
    n: sorted.length,
  };
}

/** To four decimals. */
export function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
