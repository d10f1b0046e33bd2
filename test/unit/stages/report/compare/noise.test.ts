import { describe, expect, it } from 'vitest';
import {
  pooledScatter,
  scatterOfGroups,
  scatterOfPairs,
  testOf,
} from '../../../../../stages/report/compare/noise.js';
import { studentP, studentQuantile } from '../../../../../stages/report/compare/student.js';

describe("Student's t", () => {
  // Two-sided, from tables of the distribution (NIST/SEMATECH e-Handbook, 1.3.6.7.2).
  it.each([
    [12.706, 1, 0.05],
    [4.303, 2, 0.05],
    [9.925, 2, 0.01],
    [2.776, 4, 0.05],
    [2.228, 10, 0.05],
    [3.2905, Infinity, 0.001],
    [1.96, Infinity, 0.05],
  ])('of %f with %f degrees of freedom has p %f', (t, freedom, p) => {
    expect(studentP(t, freedom) / p).toBeCloseTo(1, 3);
    expect(studentP(-t, freedom)).toBe(studentP(t, freedom));
    expect(studentQuantile(p, freedom) / t).toBeCloseTo(1, 3);
  });

  it('has whole p values at its ends, and none of what is no number', () => {
    expect(studentP(0, 3)).toBe(1);
    expect(studentP(Infinity, 3)).toBe(0);
    expect(studentP(Number.NaN, 3)).toBeNaN();
    // One degree of freedom is Cauchy's distribution, whose p at 1 is exactly a half.
    expect(studentP(1, 1)).toBeCloseTo(0.5, 12);
  });
});

describe('scatter', () => {
  it('is estimated from three values on, and never finer than what one value can tell', () => {
    expect(scatterOfPairs([0.1, 0.2], 0)).toBeNull();
    expect(scatterOfPairs([1, 2, 3], 0)).toEqual({ variance: 1 / 3, freedom: 2 });
    expect(scatterOfPairs([0.01, 0.01, 0.01], 0.01)).toEqual({
      variance: expect.closeTo(1e-4 / 3, 12),
      freedom: 2,
    });
  });

  it("is Welch's for values that are no pairs", () => {
    expect(scatterOfGroups([1, 2], [1, 2, 3])).toBeNull();
    const equal = scatterOfGroups([1, 2, 3], [11, 12, 13]);
    expect(equal?.variance).toBeCloseTo(2 / 3, 12);
    expect(equal?.freedom).toBeCloseTo(4, 12);
    // A side without scatter gives no degrees of freedom.
    expect(scatterOfGroups([1, 2, 3], [5, 5, 5])?.freedom).toBeCloseTo(2, 12);
  });

  it('is pooled over rows, and at least what is assumed', () => {
    expect(pooledScatter([[1, 3], [1, 3], [7]], 0.5)).toBeCloseTo(Math.SQRT2, 12);
    expect(pooledScatter([[1, 1.001]], 0.5)).toBe(0.5);
    expect(pooledScatter([], 0.5)).toBe(0.5);
    expect(pooledScatter([[Number.NaN, 1]], 0.5)).toBe(0.5);
  });
});

describe('a difference', () => {
  const none = { systematic: 0, sampling: 0, assumed: 0 };

  it('that all values agree on is found by their own scatter, a gross one by what is assumed', () => {
    const fine = testOf({ ...none, difference: 0.02, own: { variance: 1e-6, freedom: 9 }, assumed: 1e-3 });
    expect(fine.by).toBe('own');
    expect(fine.p).toBeLessThan(0.001);
    const gross = testOf({ ...none, difference: 0.2, own: { variance: 4e-4, freedom: 2 }, assumed: 1e-3 });
    expect(gross.by).toBe('assumed');
    // 0.2 / sqrt(0.001) = 6.3 normal standard deviations, where t with 2 degrees of freedom has p 0.0099.
    expect(gross.p).toBeLessThan(1e-8);
  });

  it('without a scatter of its own may be more than what was sampled explains', () => {
    const given = { ...none, own: null, sampling: 1e-4, assumed: 1e-3 };
    expect(testOf({ ...given, difference: 0.015 })).toMatchObject({ isUnexplained: false });
    const between = testOf({ ...given, difference: 0.03 });
    expect(between.isUnexplained).toBe(true);
    expect(between.p).toBeGreaterThan(0.05);
    expect(testOf({ ...given, difference: 0.2 }).p).toBeLessThan(0.05);
  });

  it('of nothing is no difference, whatever the scatter', () => {
    expect(testOf({ ...none, difference: 0, own: null }).p).toBe(1);
  });
});
