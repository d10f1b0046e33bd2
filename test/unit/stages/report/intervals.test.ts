import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../pipeline/base/random.js';
import { confusionOf, scoresOf } from '../../../../stages/report/statistics/descriptive.js';
import {
  macroF1DifferenceInterval,
  macroF1Interval,
  macroF1Variance,
  type SeedAnswers,
  wilsonInterval,
} from '../../../../stages/report/statistics/intervals.js';
import { pairedIntervals } from '../../../../stages/report/statistics/paired-bootstrap.js';

describe('wilsonInterval', () => {
  // statsmodels 0.15.0: proportion_confint(successes, n, method='wilson')
  it.each([
    [0, 10, 0, 0.27753279986288926],
    [7, 10, 0.39677814746114537, 0.8922087325936989],
    [10, 10, 0.7224672001371106, 1],
    [33, 49, 0.5337920531457016, 0.7879250299818813],
    [34_000, 47_390, 0.7133797754717489, 0.7214868520394967],
  ])('of %s of %s', (successes, n, low, high) => {
    const [from, to] = wilsonInterval(successes / n, n);
    expect(from).toBeCloseTo(low, 12);
    expect(to).toBeCloseTo(high, 12);
  });

  it('of nothing is everything', () => {
    expect(wilsonInterval(Number.NaN, 0)).toEqual([0, 1]);
  });
});

describe('the variance of macro-F1', () => {
  const matrix = [
    [50, 20, 30],
    [10, 60, 30],
    [20, 40, 140],
  ];

  it('is that of the delta method with slopes taken numerically', () => {
    // NumPy, central differences of 1e-6; 400,000 multinomial draws of this matrix gave 0.0006583.
    expect(macroF1Variance(matrix)).toBeCloseTo(0.0006566484291992891, 10);
  });

  it('shrinks with the number of tweets', () => {
    const ten = matrix.map((row) => row.map((count) => 10 * count));
    expect(macroF1Variance(ten)).toBeCloseTo(macroF1Variance(matrix) / 10, 12);
  });

  it('is none for answers that cannot vary, and is not known without tweets', () => {
    expect(
      macroF1Variance([
        [5, 0],
        [0, 0],
      ]),
    ).toBe(0);
    expect(macroF1Variance([[0]])).toBeNaN();
  });

  it('makes an interval within 0 and 1 that further seeds do not narrow', () => {
    const [low, high] = macroF1Interval(0.6, [matrix]);
    expect(high - low).toBeCloseTo(2 * 1.959964 * Math.sqrt(0.0006566484), 5);
    expect(macroF1Interval(0.6, [matrix, matrix])).toEqual([low, high]);
    expect(macroF1Interval(0.99, [matrix])[1]).toBe(1);
  });
});

describe('the interval of a difference in macro-F1', () => {
  const CLASSES = 3;
  const random = randomFrom(11);
  const truths = Uint8Array.from({ length: 3000 }, () => Math.floor(random() * CLASSES));
  const answers = (skill: number) =>
    truths.map((label) => (random() < skill ? label : Math.floor(random() * CLASSES)));
  const of = (predicted: Uint8Array): SeedAnswers => ({
    predicted,
    confusion: confusionOf(truths, predicted, CLASSES),
  });

  it('is that of the paired bootstrap, for files that share much and for some that share nothing', () => {
    const base = answers(0.6);
    const near = base.map((answer) => (random() < 0.05 ? (answer + 1) % CLASSES : answer));
    for (const other of [near, answers(0.55)]) {
      const [own, reference] = [of(other), of(base)];
      const difference = scoresOf(own.confusion).macroF1 - scoresOf(reference.confusion).macroF1;
      const [low, high] = macroF1DifferenceInterval(difference, truths, [own], [reference]);
      const drawn = pairedIntervals(truths, [{ predicted: other, reference: base }], CLASSES, 'a')?.macro_f1;
      const [drawnLow, drawnHigh] = drawn ?? [0, 0];
      expect((high - low) / (drawnHigh - drawnLow)).toBeCloseTo(1, 1);
      expect(low - drawnLow).toBeCloseTo(0, 2);
    }
  });

  it('has no width where both answer alike', () => {
    const own = of(answers(0.6));
    expect(macroF1DifferenceInterval(0, truths, [own, own], [own])).toEqual([0, 0]);
  });
});
