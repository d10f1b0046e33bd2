import { randomFrom } from '../../pipeline/base/random.js';
import { countClasses, type Examples, type LinearScores } from './classifier.js';

export interface LinearOptions {
  readonly epochs: number;
  /** `balanced`: each class counts the same in the loss, however rare it is. */
  readonly class_weights: 'none' | 'balanced';
  /** Draws the order of the texts. */
  readonly seed: number;
}

const LEARNING_RATE = 1;
/** Every text has the constant, few have a feature: at the full rate it would swing. */
const BIAS_RATE = 0.1;

/**
 * Multinomial logistic regression on sparse vectors, by stochastic gradient descent on single texts, whose rate falls
 * linearly to 0 (Bottou 2012). Touches only the weights of the features that a text has.
 */
export function trainLinear(examples: Examples, options: LinearOptions): LinearScores {
  const { texts, labels, classes, bits } = examples;
  const bias = new Float64Array(classes);
  const weights = Array.from({ length: classes }, () => new Float64Array(2 ** bits));
  const importance = countClasses(examples).map((count) =>
    options.class_weights === 'none' ? 1 : texts.length / (classes * count),
  );
  const order = Int32Array.from(texts.keys());
  const random = randomFrom(options.seed);
  const steps = options.epochs * texts.length;
  const probabilities = new Float64Array(classes);
  let step = 0;
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, random);
    for (const row of order) {
      const { indices = new Int32Array(), values = new Float64Array() } = texts[row] ?? {};
      for (const [label, own] of weights.entries()) {
        let score = bias[label] ?? 0;
        for (let at = 0; at < indices.length; at += 1) {
          score += (own[indices[at] ?? 0] ?? 0) * (values[at] ?? 0);
        }
        probabilities[label] = score;
      }
      softmax(probabilities);
      const truth = labels[row] ?? 0;
      const rate = LEARNING_RATE * (1 - step / steps) * (importance[truth] ?? 1);
      step += 1;
      for (const [label, own] of weights.entries()) {
        const move = rate * (Number(label === truth) - (probabilities[label] ?? 0));
        bias[label] = (bias[label] ?? 0) + BIAS_RATE * move;
        for (let at = 0; at < indices.length; at += 1) {
          const index = indices[at] ?? 0;
          own[index] = (own[index] ?? 0) + move * (values[at] ?? 0);
        }
      }
    }
  }
  return { bias: Float32Array.from(bias), weights: weights.map((own) => Float32Array.from(own)) };
}

/** In place. */
function softmax(scores: Float64Array): void {
  const highest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let at = 0; at < scores.length; at += 1) {
    scores[at] = Math.exp((scores[at] ?? 0) - highest);
    sum += scores[at] ?? 0;
  }
  for (let at = 0; at < scores.length; at += 1) scores[at] = (scores[at] ?? 0) / sum;
}

/** Fisher and Yates, in place. */
function shuffle(values: Int32Array, random: () => number): void {
  for (let at = values.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const kept = values[at] ?? 0;
    values[at] = values[other] ?? 0;
    values[other] = kept;
  }
}
