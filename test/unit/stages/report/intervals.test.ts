import { describe, expect, it } from 'vitest';
import { macroF1Interval, macroF1Variance, wilsonInterval } from '../../../../stages/report/intervals.js';

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
