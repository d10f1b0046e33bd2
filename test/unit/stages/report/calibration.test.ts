import { describe, expect, it } from 'vitest';
import {
  confidencesOf,
  expectedCalibrationError,
  logLoss,
  probabilitiesOf,
  reliabilityOf,
} from '../../../../stages/report/statistics/calibration.js';

// Expected values: scipy.special.softmax, sklearn.metrics.log_loss (1.9.1) and numpy.digitize with `right=True` on these logits.
const LOGITS = [
  [2, 0.5, -1],
  [0.1, 0.2, 0.3],
  [-1, 3, 0],
  [0, 0, 4],
  [1, 0.9, 0.8],
  [0, 2.5, 2.4],
];
const LABELS = Uint8Array.from([0, 2, 1, 2, 1, 2]);
const PREDICTED = Uint8Array.from([0, 2, 1, 2, 0, 1]);
const probabilities = probabilitiesOf(Float32Array.from(LOGITS.flat()), 3);
const confidences = confidencesOf(probabilities, PREDICTED, LABELS);

describe('probabilities', () => {
  it('are a softmax that large logits do not break', () => {
    expect(probabilities[0]).toBeCloseTo(0.7855970345892759, 6);
    expect(probabilities[11]).toBeCloseTo(0.9646631559719038, 6);
    expect([...probabilitiesOf(Float32Array.from([1e30, 0]), 2)]).toEqual([1, 0]);
  });

  it('give the log loss of scikit-learn', () => {
    expect(logLoss(probabilities, LABELS)).toBeCloseTo(0.5389406856605093, 6);
  });
});

describe('reliability', () => {
  it('sorts answers by the probability of the predicted class', () => {
    expect([...confidences.confidence].map((value) => value.toFixed(3))).toEqual([
      '0.786',
      '0.367',
      '0.936',
      '0.965',
      '0.367',
      '0.503',
    ]);
    expect([...confidences.isRight]).toEqual([1, 1, 1, 1, 0, 0]);
    const bins = reliabilityOf([confidences]);
    expect(bins.flatMap(({ n }, index) => new Array<number>(n).fill(index))).toEqual([5, 5, 7, 11, 14, 14]);
    expect(bins[5]).toMatchObject({ from: 5 / 15, to: 6 / 15, n: 2, accuracy: 0.5 });
    expect(bins[0]).toMatchObject({ n: 0, confidence: null, accuracy: null });
  });

  it('puts an edge into the bin below it, and 0 into the first', () => {
    const at = (...confidence: number[]) => ({
      confidence: Float64Array.from(confidence),
      isRight: new Uint8Array(confidence.length),
    });
    expect(reliabilityOf([at(0, 0.25, 0.5), at(1)], 4).map(({ n }) => n)).toEqual([2, 1, 0, 1]);
  });

  it('has the expected calibration error of its definition', () => {
    expect(expectedCalibrationError(reliabilityOf([confidences]))).toBeCloseTo(0.18041006162990322, 6);
    expect(expectedCalibrationError([])).toBeNaN();
    // Guo et al. 2017: two bins, 3/4 of the answers 0.1 too sure and 1/4 of them 0.2 too modest.
    const bins = [
      { from: 0, to: 0.5, n: 1, confidence: 0.4, accuracy: 0.6 },
      { from: 0.5, to: 1, n: 3, confidence: 0.8, accuracy: 0.7 },
    ];
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.125, 12);
  });
});
