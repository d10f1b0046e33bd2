import { describe, expect, it } from 'vitest';
import { type Examples, scoresOfText } from '../../../../stages/baseline/classifier.js';
import { trainLinear } from '../../../../stages/baseline/linear.js';

const vector = (...features: readonly (readonly [index: number, value: number])[]) => ({
  indices: Int32Array.from(features, ([index]) => index),
  values: Float64Array.from(features, ([, value]) => value),
});
const options = { epochs: 1, class_weights: 'none', seed: 1 } as const;

describe('trainLinear', () => {
  it('takes one step along the gradient of the cross-entropy, from weights of 0', () => {
    const examples: Examples = { texts: [vector([3, 0.6], [7, 0.8])], labels: [1], classes: 3, bits: 4 };
    const { bias, weights } = trainLinear(examples, options);
    // Truth minus probability, a third each at first; the constant learns at a tenth of the rate.
    for (const [label, move] of [-1 / 3, 2 / 3, -1 / 3].entries()) {
      expect(bias[label]).toBeCloseTo(0.1 * move, 7);
      expect(weights[label]?.[3]).toBeCloseTo(0.6 * move, 7);
      expect(weights[label]?.[7]).toBeCloseTo(0.8 * move, 7);
      expect(weights[label]?.[4]).toBe(0);
    }
  });

  it('weighs a class by how rare it is, where that is asked', () => {
    const examples: Examples = {
      texts: [vector([0, 1]), vector([1, 1]), vector([2, 1]), vector([3, 1])],
      labels: [0, 1, 1, 1],
      classes: 2,
      bits: 2,
    };
    const own = (class_weights: 'none' | 'balanced') => trainLinear(examples, { ...options, class_weights });
    // 4 texts of 2 classes: the only one of class 0 counts 2, the others 2/3 each.
    const ratio = (own('balanced').weights[0]?.[0] ?? 0) / (own('none').weights[0]?.[0] ?? 0);
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(2.5);
  });

  it('tells apart what a line can tell apart', () => {
    const texts = Array.from({ length: 60 }, (_, row) => vector([row % 3, 1], [3 + (row % 5), 0.5]));
    const labels = texts.map((_, row) => row % 3);
    const trained = trainLinear({ texts, labels, classes: 3, bits: 3 }, { ...options, epochs: 20 });
    for (const [row, text] of texts.entries()) {
      const scores = scoresOfText(trained, text);
      expect(scores.indexOf(Math.max(...scores))).toBe(labels[row]);
    }
  });
});
