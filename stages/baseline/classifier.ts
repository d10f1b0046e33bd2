import type { SparseVector } from './features.js';

/** What a classifier learns from: `labels[i]`, an index, is the class of `texts[i]`. */
export interface Examples {
  readonly texts: readonly SparseVector[];
  readonly labels: readonly number[];
  readonly classes: number;
  /** There are 2^bits features. */
  readonly bits: number;
}

/** A score for each class: a constant, and the sum of the features' weights. In float32, as it is written. */
export interface LinearScores {
  readonly bias: Float32Array;
  /** Of each class, by feature. */
  readonly weights: readonly Float32Array[];
}

export function scoresOfText(
  { bias, weights }: LinearScores,
  { indices, values }: SparseVector,
): readonly number[] {
  return weights.map((own, label) => {
    let score = bias[label] ?? 0;
    for (let at = 0; at < indices.length; at += 1) score += (own[indices[at] ?? 0] ?? 0) * (values[at] ?? 0);
    return score;
  });
}

export function countClasses({ labels, classes }: Examples): readonly number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
