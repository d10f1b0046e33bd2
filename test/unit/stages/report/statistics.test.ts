import { describe, expect, it } from 'vitest';
import { majorityOf } from '../../../../stages/report/build/baselines.js';
import { compareNaturally } from '../../../../stages/report/order.js';
import {
  addMatrices,
  classScores,
  confusionOf,
  latencyOf,
  quantile,
  scoresOf,
  sortedTogether,
  spreadOf,
} from '../../../../stages/report/statistics/descriptive.js';

describe('spreadOf', () => {
  it('gives the sample standard deviation', () => {
    expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      mean: 5,
      sd: Math.sqrt(32 / 7),
      min: 2,
      max: 9,
      n: 8,
    });
  });

  it('has no deviation for one value', () => {
    expect(spreadOf([0.7])).toEqual({ mean: 0.7, sd: null, min: 0.7, max: 0.7, n: 1 });
  });

  it('does not hide what is not a number', () => {
    expect(spreadOf([1, Number.NaN]).mean).toBeNaN();
  });
});

describe('quantile', () => {
  // numpy.quantile([1, 2, 4, 8], [0, .25, .5, .9, 1]) of NumPy 2
  it.each([
    [0, 1],
    [0.25, 1.75],
    [0.5, 3],
    [0.9, 6.8],
    [1, 8],
  ])('at %s is %s', (share, expected) => {
    expect(quantile(Float64Array.from([1, 2, 4, 8]), share)).toBeCloseTo(expected, 12);
  });

  it('leaves out latencies that are not numbers', () => {
    const sorted = sortedTogether([Float64Array.from([3, Number.NaN]), Float64Array.from([1, 2])]);
    expect([...sorted]).toEqual([1, 2, 3]);
    expect(latencyOf(sorted)).toMatchObject({ median: 2, mean: 2, min: 1, max: 3, n: 3 });
    expect(latencyOf(new Float64Array()).median).toBeNaN();
  });
});

describe('confusion', () => {
  const matrix = confusionOf(Uint8Array.from([0, 0, 1, 1, 1, 2]), Uint8Array.from([0, 1, 1, 1, 0, 1]), 3);

  it('has truth in its rows', () => {
    expect(matrix).toEqual([
      [1, 1, 0],
      [1, 2, 0],
      [0, 1, 0],
    ]);
    expect(addMatrices([matrix, matrix])[1]).toEqual([2, 4, 0]);
  });

  // sklearn.metrics: accuracy_score, f1_score(average=None, zero_division=0)
  it('gives the scores of scikit-learn', () => {
    expect(classScores(matrix).map(({ f1 }) => f1)).toEqual([0.5, 4 / 7, 0]);
    expect(scoresOf(matrix).accuracy).toBe(0.5);
    expect(scoresOf(matrix).macroF1).toBeCloseTo((0.5 + 4 / 7) / 3, 12);
  });
});

describe('majorityOf', () => {
  it('always answers the most frequent class', () => {
    const baseline = majorityOf('x', [
      ['A', 1],
      ['B', 3],
    ]);
    const always = scoresOf([
      [0, 1],
      [0, 3],
    ]);
    expect(baseline).toMatchObject({
      kind: 'majority',
      name: 'always B',
      test_set: 'x',
      n_tweets: 4,
      label: 'B',
      accuracy: 0.75,
      macro_f1: always.macroF1,
    });
  });

  it('needs tweets', () => {
    expect(majorityOf(null, [['A', 0]])).toBeNull();
  });
});

it('orders names with numbers as people do', () => {
  expect(['l12', 'l3', 'a', 'l', 'l6'].sort(compareNaturally)).toEqual(['a', 'l', 'l3', 'l6', 'l12']);
});
