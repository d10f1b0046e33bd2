import type { ReliabilityBin } from '../model/inspection.js';

/** Bins of equal width that confidences are sorted into: as many as Guo et al. (2017) use. */
export const RELIABILITY_BINS = 15;

/**
 * Probabilities of the classes by softmax, row by row as the logits.
 *
 * @param logits `classes` for each tweet, one tweet after the other
 */
export function probabilitiesOf(logits: Float32Array, classes: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + classes; at += 1) highest = Math.max(highest, logits[at] ?? 0);
    let sum = 0;
    for (let at = start; at < start + classes; at += 1) {
      const power = Math.exp((logits[at] ?? 0) - highest);
      probabilities[at] = power;
      sum += power;
    }
    for (let at = start; at < start + classes; at += 1) probabilities[at] = (probabilities[at] ?? 0) / sum;
  }
  return probabilities;
}

/** Answers as far as their calibration goes: how sure the model was of its answer, and whether it was right. */
export interface Confidences {
  readonly confidence: Float64Array;
  readonly isRight: Uint8Array;
}

export function confidencesOf(
  probabilities: Float64Array,
  predicted: Uint8Array,
  labels: Uint8Array,
): Confidences {
  const classes = probabilities.length / labels.length;
  return {
    confidence: Float64Array.from(
      predicted,
      (answer, index) => probabilities[index * classes + answer] ?? Number.NaN,
    ),
    isRight: Uint8Array.from(predicted, (answer, index) => Number(answer === labels[index])),
  };
}

/** Answers by confidence in intervals (low, high] of equal width, as Guo et al. (2017) bin them; 0 is in the first. */
export function reliabilityOf(parts: readonly Confidences[], bins = RELIABILITY_BINS): ReliabilityBin[] {
  const counts = new Float64Array(bins);
  const sums = new Float64Array(bins);
  const hits = new Float64Array(bins);
  for (const { confidence, isRight } of parts) {
    for (const [index, value] of confidence.entries()) {
      if (Number.isNaN(value)) continue;
      const bin = Math.min(bins - 1, Math.max(0, Math.ceil(value * bins) - 1));
      counts[bin] = (counts[bin] ?? 0) + 1;
      sums[bin] = (sums[bin] ?? 0) + value;
      hits[bin] = (hits[bin] ?? 0) + (isRight[index] ?? 0);
    }
  }
  return Array.from({ length: bins }, (_, bin) => {
    const n = counts[bin] ?? 0;
    return {
      from: bin / bins,
      to: (bin + 1) / bins,
      n,
      confidence: n === 0 ? null : (sums[bin] ?? 0) / n,
      accuracy: n === 0 ? null : (hits[bin] ?? 0) / n,
    };
  });
}

/** Expected calibration error: mean distance of accuracy and confidence over the bins, weighted by their tweets (Guo et al. 2017, equation 3). */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { n }) => sum + n, 0);
  const distance = bins.reduce(
    (sum, { n, accuracy, confidence }) => sum + n * Math.abs((accuracy ?? 0) - (confidence ?? 0)),
    0,
  );
  return total === 0 ? Number.NaN : distance / total;
}

/** Mean of -ln of the probability that was given to the truth, nats. */
export function logLoss(probabilities: Float64Array, labels: Uint8Array): number {
  const classes = probabilities.length / labels.length;
  let sum = 0;
  for (const [index, label] of labels.entries()) sum -= Math.log(probabilities[index * classes + label] ?? 0);
  return sum / labels.length;
}
