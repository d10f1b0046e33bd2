import { countClasses, type Examples, type LinearScores } from './classifier.js';

/** Added to each count (Lidstone): of 0.1, 0.3 and 1 the best on validation of RepLab 2013. */
const SMOOTHING = 0.3;

/** Multinomial naive Bayes on counts: scores are ln P(class) + ln P(features | class). */
export function trainNaiveBayes(examples: Examples): LinearScores {
  const { texts, labels, classes, bits } = examples;
  const counts = Array.from({ length: classes }, () => new Float64Array(2 ** bits).fill(SMOOTHING));
  for (const [row, { indices, values }] of texts.entries()) {
    const own = counts[labels[row] ?? 0];
    if (own === undefined) continue;
    for (const [at, index] of indices.entries()) own[index] = (own[index] ?? 0) + (values[at] ?? 0);
  }
  return {
    bias: Float32Array.from(countClasses(examples), (count) => Math.log(count / texts.length)),
    weights: counts.map((own) => {
      const total = own.reduce((sum, count) => sum + count, 0);
      return Float32Array.from(own, (count) => Math.log(count / total));
    }),
  };
}
