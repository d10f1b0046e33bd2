import { describe, expect, it } from 'vitest';
import { scoresOf, summarizeLatencies } from '../../../pipeline/measure/scores.js';

const LABELS = ['NEGATIVE', 'NEUTRAL', 'POSITIVE'];

describe('scoresOf', () => {
  it('follows the definitions, as scikit-learn does', () => {
    // F1 is 2 * right / (truth + predicted): 2/4, 2/6 and 8/10.
    const truth = [0, 0, 1, 1, 1, 2, 2, 2, 2, 2];
    const predicted = [0, 1, 1, 0, 2, 2, 2, 2, 2, 1];
    const scores = scoresOf(LABELS, truth, predicted);
    expect(scores.accuracy).toBeCloseTo(0.6, 12);
    expect(scores.per_class.map(({ f1 }) => f1)).toEqual([0.5, 2 / 6, 0.8]);
    expect(scores.macro_f1).toBeCloseTo((0.5 + 2 / 6 + 0.8) / 3, 12);
    expect(scores.confusion).toEqual([
      [1, 1, 0],
      [1, 1, 1],
      [0, 1, 4],
    ]);
    expect(scores.per_class[2]).toEqual({
      label: 'POSITIVE',
      precision: 0.8,
      recall: 0.8,
      f1: 0.8,
      support: 5,
    });
  });
  it('counts a class that nobody predicts, or that has no tweets, as 0', () => {
    const scores = scoresOf(LABELS, [0, 0], [0, 0]);
    expect(scores.accuracy).toBe(1);
    expect(scores.macro_f1).toBeCloseTo(1 / 3, 12);
    expect(scores.per_class[1]).toMatchObject({ precision: 0, recall: 0, f1: 0, support: 0 });
  });
  it('does not take a label that is none', () => {
    expect(() => scoresOf(LABELS, [3], [0])).toThrow('Internal error');
    expect(() => scoresOf(LABELS, [0], [3])).toThrow('Internal error');
  });
});

it('interpolates percentiles linearly', () => {
  const latencies = Array.from({ length: 101 }, (_, index) => 100 - index);
  expect(summarizeLatencies(latencies)).toEqual({
    mean: 50,
    median: 50,
    p90: 90,
    // 101 inferences say nothing of the slowest hundredth: it needs 662.
    p99: null,
    min: 0,
    max: 100,
    n: 101,
  });
  expect(summarizeLatencies([1, 2])).toMatchObject({ median: 1.5, p90: null });
  expect(summarizeLatencies([3])).toEqual({ mean: 3, median: 3, p90: null, p99: null, min: 3, max: 3, n: 1 });
});
